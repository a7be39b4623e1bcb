import Mail
import TestKit
import Upstreams

/// An upstream and the pool of its sessions in virtual time: mail waits, or comes at a rate.
struct ModelUpstream {
    /// How it is now.
    struct Nature {
        /// Time for one message, with nothing else to do.
        var delay = Duration.milliseconds(100)
        /// Messages per second beyond which it gets slower; nil for any.
        var capacity: Double?
        /// Sessions that it allows; the next one gets 421.
        var limit = Int.max
        /// Time until a session accepts mail, or is refused.
        var opening = Duration.milliseconds(2)
        /// Random variation of the time for a message, as a fraction in either direction.
        var spread = 0.0
        /// Messages per second that come; nil if there are always more.
        var arrivals: Double?
    }

    private struct Session {
        var due: MonotonicInstant
        var isOpening: Bool
    }

    static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    var nature: Nature
    var window: ConnectionWindow
    private(set) var now = Self.start
    private(set) var takes: [MonotonicInstant] = []
    private(set) var refusals: [MonotonicInstant] = []
    private(set) var findings: [ConnectionWindow.Finding] = []
    private(set) var mostSessions = 0
    private var sessions: [Session] = []
    private var random: SeededGenerator
    private var given = 0

    init(_ nature: Nature = Nature(), most: Int = 100, seed: UInt64 = 1) {
        self.nature = nature
        window = ConnectionWindow(most: most, isSearched: true)
        random = SeededGenerator(seed: seed)
    }

    /// Sessions that accept mail.
    private(set) var open = 0

    /// Messages per second that were taken in this period, in seconds from the start.
    func rate(from begin: Double, to end: Double) -> Double {
        let (begin, end) = (Self.at(begin), Self.at(end))
        return Double(takes.count { begin <= $0 && $0 < end }) * 1e9 / Double(end.nanoseconds - begin.nanoseconds)
    }

    func refusals(from begin: Double, to end: Double) -> Int {
        refusals.count { Self.at(begin) <= $0 && $0 < Self.at(end) }
    }

    static func at(_ seconds: Double) -> MonotonicInstant { start + .nanoseconds(Int64(seconds * 1e9)) }

    // MARK: - Running

    /// Goes on until this many seconds after the start.
    mutating func run(until seconds: Double) {
        let end = Self.at(seconds)
        openSessions()
        while let next = first, sessions[next].due < end {
            now = sessions[next].due
            if sessions[next].isOpening { answer(next) } else { finish(next) }
            openSessions()
            if let finding = window.takeFinding(isSettled: sessions.count == open, now: now) {
                findings.append(finding)
            }
        }
        now = end
    }

    /// The session that something happens to first.
    private var first: Int? {
        var first: Int?
        var earliest = Int64.max
        for index in 0..<sessions.count where sessions[index].due.nanoseconds < earliest {
            first = index
            earliest = sessions[index].due.nanoseconds
        }
        return first
    }

    private mutating func openSessions() {
        window.grow(now: now)
        while sessions.count < window.value,
            window.admits(beside: sessions.count, unsettled: sessions.count - open)
        {
            sessions.append(Session(due: now + nature.opening, isOpening: true))
        }
        mostSessions = max(mostSessions, sessions.count)
    }

    private mutating func answer(_ index: Int) {
        guard open < nature.limit else {
            sessions.remove(at: index)
            refusals.append(now)
            return window.refused(open: max(1, sessions.count), now: now)
        }
        sessions[index].isOpening = false
        open += 1
        window.opened(open)
        give(index)
    }

    private mutating func finish(_ index: Int) {
        takes.append(now)
        window.took(sessions: open, mailWaits: arrival(of: given) <= now, isWhole: true, now: now)
        // A server that allows fewer now tells a session in use.
        if open > nature.limit {
            end(index)
            refusals.append(now)
            window.refused(open: sessions.count, now: now)
        } else if sessions.count > window.value {
            end(index)
        } else {
            give(index)
        }
    }

    private mutating func end(_ index: Int) {
        sessions.remove(at: index)
        open -= 1
    }

    private mutating func give(_ index: Int) {
        let begin = max(now, arrival(of: given))
        given += 1
        sessions[index].due = begin + service()
    }

    private func arrival(of message: Int) -> MonotonicInstant {
        nature.arrivals.map { Self.at(Double(message) / $0) } ?? Self.start
    }

    private mutating func service() -> Duration {
        let usual = max(nature.delay / .seconds(1), nature.capacity.map { Double(open) / $0 } ?? 0)
        let factor = nature.spread > 0 ? Double.random(in: 1 - nature.spread...1 + nature.spread, using: &random) : 1
        return .nanoseconds(Int64(usual * factor * 1e9))
    }
}
