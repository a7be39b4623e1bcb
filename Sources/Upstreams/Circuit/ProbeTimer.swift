/// The probe schedule of one upstream.
///
/// - First at once, so that a dead upstream is known before mail arrives.
/// - Then after every `interval` in which no mail has shown that the upstream works; three times as often while its
///   circuit is open; ten times as often after a failed probe, until its state is clear.
/// - A tenth as often while an account fault keeps the circuit open: a probe would not close it, and repeated failed
///   logins may lock the account.
/// - Not at all while the operator has disabled it.
///
/// Intervals vary by up to a tenth.
package struct ProbeTimer: Hashable, Sendable {
    /// State of an upstream, as far as probes are concerned.
    package enum Health: Hashable, Sendable {
        case disabled
        /// - Parameter workedAt: when mail last showed it.
        case working(workedAt: MonotonicInstant?)
        /// Only the last probe suggests that it does not work.
        case doubtful
        case open
        case accountFault
    }

    private var interval: Duration
    private var start: MonotonicInstant
    /// When the last probe ended; nil before the first one.
    private var probedAt: MonotonicInstant?
    /// -1 to 1.
    private var jitter = 0.0
    /// Whether what mail has shown was about something else than what is to be probed.
    private var isUnproved = false

    /// - Parameter interval: zero to disable probes.
    package init(interval: Duration, now: MonotonicInstant) {
        self.interval = interval
        self.start = now
    }

    /// When the next probe is due; nil for never.
    package func due(_ health: Health) -> MonotonicInstant? {
        guard interval > .zero, let gap = gap(health) else { return nil }
        guard !isUnproved, let known = [probedAt, provedAt(health)].compactMap({ $0 }).max() else { return start }
        return known + gap * (1 + jitter / 10)
    }

    /// A probe has ended, whoever started it.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func ended(now: MonotonicInstant, jitter: Double) {
        probedAt = now
        isUnproved = false
        self.jitter = jitter
    }

    /// Another interval applies from now on.
    ///
    /// - Parameter isNew: whether the next probe is due at once, because what is probed has changed.
    package mutating func replace(interval: Duration, isNew: Bool, now: MonotonicInstant) {
        self.interval = interval
        guard isNew else { return }
        start = now
        probedAt = nil
        isUnproved = true
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
