/// What probes have shown, and what operators want.
extension Circuit {
    /// A probe got as far as AUTH.
    ///
    /// On an open circuit so many in a row as ``Settings/healthyThreshold`` bring the trial forward to now; twice as many for each
    /// time that the upstream has failed again after it had seemed well. Not where an account fault opened it, which
    /// a probe does not see, or an operator did. On a closed circuit it begins the row of failed probes anew, and
    /// says nothing about failures of mail.
    package mutating func probeSucceeded(now: MonotonicInstant) -> CircuitTransition? {
        switch state {
        case .closed:
            failedProbes = 0
            return nil
        case .halfOpen:
            return nil
        case .open(let until, let duration):
            goodProbes += 1
            guard until > now, goodProbes >= probesWanted, past?.opener == .transport else { return nil }
            let cause = goodProbes == 1 ? "a probe succeeded" : "\(goodProbes) probes in a row succeeded"
            state = .open(until: now, duration: duration)
            past?.isBroughtForward = true
            return CircuitTransition(from: state.name, to: state.name, share: share, cause: cause, until: now)
        }
    }

    /// A probe failed. So many in a row as ``Settings/unhealthyThreshold`` open a closed circuit; the time of an open one stays
    /// as it is. A probe whose login was refused is an account fault instead: ``failed(now:jitter:_:began:)``.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func probeFailed(now: MonotonicInstant, jitter: Double) -> CircuitTransition? {
        switch state {
        case .closed:
            failedProbes += 1
            guard failedProbes >= max(1, settings.unhealthyThreshold) else { return nil }
            let cause = failedProbes == 1 ? "a probe failed" : "\(failedProbes) probes in a row failed"
            return open(.transport, now: now, jitter: jitter, cause)
        case .open, .halfOpen:
            goodProbes = 0
            return nil
        }
    }

    private var probesWanted: Int {
        max(1, settings.healthyThreshold) << min(past?.relapses ?? 0, 8)
    }

    // MARK: - By hand

    /// Opens the circuit as if it had failed now, for this time, which probes do not shorten; then trial and ramp follow as
    /// always. The next time is counted from ``Settings/openDuration``, or from what the circuit had come to, however long
    /// this one is.
    ///
    /// - Parameter duration: nil for `open_duration`.
    package mutating func trip(now: MonotonicInstant, for duration: Duration?) -> CircuitTransition {
        let past = rememberedPast(now: now)
        let memory = Past(
            opener: .hand, openedAt: now, duration: past?.duration ?? settings.openDuration,
            relapses: past?.relapses ?? 0)
        return open(until: now + (duration ?? settings.openDuration), memory, "tripped by hand")
    }

    /// Closes the circuit, gives it all of its traffic, and forgets what has been.
    ///
    /// - Returns: nil when all of the traffic was there already.
    package mutating func reset(now: MonotonicInstant) -> CircuitTransition? {
        let (from, had) = (state.name, share)
        self = Circuit(settings: settings)
        guard had < 1 else { return nil }
        return CircuitTransition(from: from, to: state.name, share: share, cause: "reset by hand")
    }
}
