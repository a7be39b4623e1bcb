/// How long the other side of a connection has been silent.
struct SilenceWatch {
    enum Verdict: Equatable {
        /// Wait for as long at most.
        case wait(Duration)
        /// Tell about the silence, once.
        case alarm
        case lost
    }

    private let alarm: Duration
    private let silence: Duration
    private let start: ContinuousClock.Instant
    private var heard: ContinuousClock.Instant
    private var hasAlarmed = false

    init(alarm: Duration, silence: Duration, now: ContinuousClock.Instant) {
        (self.alarm, self.silence) = (alarm, silence)
        (start, heard) = (now, now)
    }

    /// Octets have gone out or come in.
    mutating func progress(now: ContinuousClock.Instant) { heard = now }

    mutating func verdict(now: ContinuousClock.Instant) -> Verdict {
        let quiet = heard.duration(to: now)
        if quiet >= silence { return .lost }
        if hasAlarmed { return .wait(silence - quiet) }
        if quiet >= alarm {
            hasAlarmed = true
            return .alarm
        }
        return .wait(min(alarm, silence) - quiet)
    }
}
