/// How many sessions an upstream may have now: a number of relay.conf, or the result of a search, and never more than the
/// server allows.
///
/// With `max_connections = "auto"` it starts small and grows while mail waits and more sessions carry more. What the
/// server refuses is remembered as its limit, and exceeded rarely.
///
/// A value without IO or a clock.
package struct ConnectionWindow: Sendable {
    /// What has been found.
    package enum Finding: Hashable, Sendable {
        /// The server allows this many.
        case allowed(Int)
        /// More than this many carry no more mail.
        case useful(Int)
    }

    /// Findings about throughput are told at most once in this time.
    static let quiet = Duration.seconds(60)

    /// What the server allows.
    package private(set) var limit: SessionLimit
    /// nil if relay.conf has a number.
    private var search: SessionSearch?
    /// The most that have been open at once and were not refused.
    private var reached = 0
    /// Growths of the limit in a row that were used without a refusal.
    private var growths = 0
    private var isRefusalNew = false
    private var told: (number: Int, at: MonotonicInstant)?

    /// - Parameters:
    ///   - most: the number of relay.conf, or the most that a search may find.
    ///   - isSearched: whether the best number is to be found.
    package init(most: Int, isSearched: Bool) {
        limit = SessionLimit(ceiling: most)
        search = isSearched ? SessionSearch() : nil
    }

    // MARK: - Facts

    /// The number; at least 1.
    package var value: Int { min(limit.value, search?.value ?? .max) }

    /// Whether the number is found by a search.
    package var isSearched: Bool { search != nil }

    /// What the server allows, as far as it has refused more.
    package var allowed: Int? { limit.learned }

    /// Whether one more may be opened now. Many at once would all be refused where one shows the limit; what was open
    /// together before may be again.
    ///
    /// - Parameters:
    ///   - open: sessions, and connections being made.
    ///   - unsettled: those of them that do not accept mail yet.
    package func admits(beside open: Int, unsettled: Int) -> Bool {
        guard search != nil else { return true }
        return open < max(reached, SessionSearch.start) || unsettled < max(2, open / 16)
    }

    /// Whether a further session beside these is more than there have ever been, as a search wants it.
    package func exceeds(_ sessions: Int) -> Bool { search != nil && sessions >= reached }

    // MARK: - Settings

    /// relay.conf has changed.
    ///
    /// - Parameter open: sessions, which a search goes on from.
    package mutating func replace(most: Int, isSearched: Bool, open: Int, now: MonotonicInstant) {
        limit.replace(ceiling: most)
        guard isSearched else { return search = nil }
        if search == nil { search = SessionSearch(from: max(SessionSearch.start, open)) }
        search?.limit(to: most, now: now)
    }

    /// The upstream has another address: nothing is known of it.
    package mutating func restart() {
        if search != nil { self = ConnectionWindow(most: limit.ceiling, isSearched: true) }
    }

    // MARK: - What happens

    /// Time has passed, and mail waits.
    package mutating func grow(now: MonotonicInstant) {
        guard search != nil else { return limit.grow(now: now) }
        let (before, step) = (limit.value, self.step)
        // Nothing has been learned while not all places were used.
        guard value == before, reached >= before else { return }
        limit.grow(by: step, now: now)
        guard limit.value > before else { return }
        growths += 1
        search?.follow(to: min(limit.value, before + step), now: now)
    }

    /// What the limit grows by: more and more while nothing is refused.
    private var step: Int { max(1, min(1 << min(growths, 6), limit.value / 4)) }

    /// There are this many sessions that accept mail.
    package mutating func opened(_ count: Int) { reached = max(reached, count) }

    /// The server has accepted a message.
    ///
    /// - Parameters:
    ///   - sessions: those that are open.
    ///   - mailWaits: whether there is more mail than they can have at once.
    ///   - isWhole: whether the upstream gets all of its traffic; nothing is learned in a ramp.
    package mutating func took(sessions: Int, mailWaits: Bool, isWhole: Bool, now: MonotonicInstant) {
        if isWhole {
            search?.took(sessions: sessions, mailWaits: mailWaits, ceiling: limit.value, now: now)
        } else {
            search?.interrupt()
        }
    }

    /// The server has refused a session for being one too many.
    ///
    /// - Parameter open: the sessions beside it.
    package mutating func refused(open: Int, now: MonotonicInstant) {
        limit.refused(open: open, now: now)
        reached = min(reached, limit.value)
        growths = 0
        search?.refused(beyond: limit.value, now: now)
        isRefusalNew = true
    }

    /// A session has failed through the upstream's fault.
    package mutating func failed(now: MonotonicInstant) { search?.failed(now: now) }

    // MARK: - News

    /// What has been found since the last call.
    ///
    /// - Parameter isSettled: whether no refusal of the same burst is to be expected.
    package mutating func takeFinding(isSettled: @autoclosure () -> Bool, now: MonotonicInstant) -> Finding? {
        if isRefusalNew, isSettled() {
            isRefusalNew = false
            return limit.learned.map { .allowed($0) }
        }
        guard let found = search?.found, found != told?.number, now - (told?.at ?? .longAgo) >= Self.quiet else {
            return nil
        }
        told = (found, now)
        return .useful(found)
    }
}
