/// When one upstream is probed.
///
/// - The first time at once, so that a dead upstream is known before mail comes.
/// - Then every `interval` in which no mail has shown that the upstream works; three times as often while its circuit is
///   open; ten times as often once a probe has failed, until it is known what to think of it.
/// - Ten times as seldom while an account fault keeps the circuit open: a probe would not close it, and a login that fails
///   again and again may lock the account.
/// - Not at all while the operator has disabled it.
///
/// Times vary by up to a tenth.
package struct ProbeTimer: Hashable, Sendable {
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

    private let interval: Duration
    private let start: MonotonicInstant
    /// When the last probe ended; nil before the first one.
    private var probedAt: MonotonicInstant?
    /// -1 to 1.
    private var jitter = 0.0

    /// - Parameter interval: zero for no probes.
    package init(interval: Duration, now: MonotonicInstant) {
        self.interval = interval
        self.start = now
    }

    /// When the next probe is due; nil for never.
    package func due(_ health: Health) -> MonotonicInstant? {
        guard interval > .zero, let gap = gap(health) else { return nil }
        guard let known = [probedAt, provedAt(health)].compactMap({ $0 }).max() else { return start }
        return known + gap * (1 + jitter / 10)
    }

    /// A probe has come to its end, whoever began it.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func ended(now: MonotonicInstant, jitter: Double) {
        probedAt = now
        self.jitter = jitter
    }

    private func gap(_ health: Health) -> Duration? {
        switch health {
        case .disabled: nil
        case .working: interval
        case .doubtful: max(ProbeSchedule.least, interval / 10)
        case .open: max(ProbeSchedule.least, interval / 3)
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
