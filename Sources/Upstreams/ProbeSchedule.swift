/// When which upstream is probed.
///
/// - The first time at once, so that a dead upstream is known before mail comes.
/// - Then every `interval` in which no mail has shown that the upstream works; three times as often while its circuit is
///   open; ten times as often once a probe has failed, until it is known what to think of it.
/// - Ten times as seldom while an account fault keeps the circuit open: a probe would not close it, and a login that fails
///   again and again may lock the account.
/// - Not at all while the operator has disabled it.
///
/// Times vary by up to a tenth. Never two probes at a time, nor two within a second.
package struct ProbeSchedule: Hashable, Sendable {
    /// How an upstream stands, as far as probes care.
    package enum Standing: Hashable, Sendable {
        case disabled
        /// - Parameter workedAt: when mail last showed it.
        case working(workedAt: Moment?)
        /// Nothing but the last probe says that it does not work.
        case doubtful
        case open
        case accountFault
    }

    private static let least = Duration.seconds(1)

    private struct Entry: Hashable {
        /// When the last probe ended; nil before the first one.
        var probedAt: Moment?
        /// -1 to 1.
        var jitter = 0.0
    }

    private let interval: Duration
    private let start: Moment
    private var entries: [Entry]
    private var running: Int?
    private var lastBegan: Moment?

    /// - Parameter interval: zero for no probes.
    package init(interval: Duration, upstreamCount: Int, now: Moment) {
        self.interval = interval
        self.start = now
        self.entries = Array(repeating: Entry(), count: upstreamCount)
    }

    /// When ``begin(now:standing:)`` has something to do; nil while a probe is under way, and for never.
    package func nextDue(standing: (Int) -> Standing) -> Moment? {
        guard interval > .zero, running == nil else { return nil }
        guard let due = entries.indices.compactMap({ due($0, standing($0)) }).min() else { return nil }
        return lastBegan.map { max(due, $0 + Self.least) } ?? due
    }

    /// Begins the probe that has been due for longest, if there is one; its end must be told.
    ///
    /// - Returns: index of the upstream.
    package mutating func begin(now: Moment, standing: (Int) -> Standing) -> Int? {
        guard let next = nextDue(standing: standing), next <= now else { return nil }
        let dues = entries.indices.compactMap { index in due(index, standing(index)).map { (index, $0) } }
        guard let first = dues.min(by: { $0.1 < $1.1 }) else { return nil }
        running = first.0
        lastBegan = now
        return first.0
    }

    /// A probe has come to its end, whoever began it.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func ended(_ index: Int, now: Moment, jitter: Double) {
        entries[index] = Entry(probedAt: now, jitter: jitter)
        if running == index { running = nil }
    }

    private func due(_ index: Int, _ standing: Standing) -> Moment? {
        let entry = entries[index]
        guard let gap = gap(standing) else { return nil }
        guard let known = [entry.probedAt, provedAt(standing)].compactMap({ $0 }).max() else { return start }
        return known + gap * (1 + entry.jitter / 10)
    }

    private func gap(_ standing: Standing) -> Duration? {
        switch standing {
        case .disabled: nil
        case .working: interval
        case .doubtful: max(Self.least, interval / 10)
        case .open: max(Self.least, interval / 3)
        case .accountFault: interval * 10
        }
    }

    private func provedAt(_ standing: Standing) -> Moment? {
        switch standing {
        case .working(let workedAt): workedAt
        case .disabled, .doubtful, .open, .accountFault: nil
        }
    }
}
