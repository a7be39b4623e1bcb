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
    package enum Health: Hashable, Sendable {
        case disabled
        /// - Parameter workedAt: when mail last showed it.
        case working(workedAt: MonotonicInstant?)
        /// Nothing but the last probe says that it does not work.
        case doubtful
        case open
        case accountFault
    }

    private static let least = Duration.seconds(1)

    private struct Entry: Hashable {
        /// When the last probe ended; nil before the first one.
        var probedAt: MonotonicInstant?
        /// -1 to 1.
        var jitter = 0.0
    }

    private let interval: Duration
    private let start: MonotonicInstant
    private var entries: [Entry]
    private var running: Int?
    private var lastBegan: MonotonicInstant?

    /// - Parameter interval: zero for no probes.
    package init(interval: Duration, upstreamCount: Int, now: MonotonicInstant) {
        self.interval = interval
        self.start = now
        self.entries = Array(repeating: Entry(), count: upstreamCount)
    }

    /// When ``begin(now:health:)`` has something to do; nil while a probe is under way, and for never.
    package func nextDue(health: (Int) -> Health) -> MonotonicInstant? {
        guard interval > .zero, running == nil else { return nil }
        guard let due = entries.indices.compactMap({ due($0, health($0)) }).min() else { return nil }
        return lastBegan.map { max(due, $0 + Self.least) } ?? due
    }

    /// Begins the probe that has been due for longest, if there is one; its end must be told.
    ///
    /// - Returns: index of the upstream.
    package mutating func begin(now: MonotonicInstant, health: (Int) -> Health) -> Int? {
        guard let next = nextDue(health: health), next <= now else { return nil }
        let dues = entries.indices.compactMap { index in due(index, health(index)).map { (index, $0) } }
        guard let first = dues.min(by: { $0.1 < $1.1 }) else { return nil }
        running = first.0
        lastBegan = now
        return first.0
    }

    /// A probe has come to its end, whoever began it.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func ended(_ index: Int, now: MonotonicInstant, jitter: Double) {
        entries[index] = Entry(probedAt: now, jitter: jitter)
        if running == index { running = nil }
    }

    private func due(_ index: Int, _ health: Health) -> MonotonicInstant? {
        let entry = entries[index]
        guard let gap = gap(health) else { return nil }
        guard let known = [entry.probedAt, provedAt(health)].compactMap({ $0 }).max() else { return start }
        return known + gap * (1 + entry.jitter / 10)
    }

    private func gap(_ health: Health) -> Duration? {
        switch health {
        case .disabled: nil
        case .working: interval
        case .doubtful: max(Self.least, interval / 10)
        case .open: max(Self.least, interval / 3)
        case .accountFault: interval * 10
        }
    }

    private func provedAt(_ health: Health) -> MonotonicInstant? {
        switch health {
        case .working(let workedAt): workedAt
        case .disabled, .doubtful, .open, .accountFault: nil
        }
    }
}
