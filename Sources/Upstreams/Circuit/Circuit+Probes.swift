/// Results of probes, and orders of operators.
extension Circuit {
    /// A probe reached AUTH.
    ///
    /// On an open circuit, ``Settings/healthyThreshold`` consecutive ones bring the trial forward to now; each relapse
    /// after apparent recovery doubles the number required. This does not apply if an account fault, which a probe does
    /// not see, or an operator opened the circuit. On a closed circuit it restarts the count of failed probes, and says
    /// nothing about failures of mail.
    package mutating func probeSucceeded(now: MonotonicInstant) -> CircuitTransition? {
        switch state {
        case .closed:
            failedProbes = 0
            missedGreetings = 0
            return nil
        case .halfOpen:
            return nil
        case .open(let until, let duration):
            goodProbes += 1
            guard until > now, goodProbes >= probesWanted, past?.opener == .transport else { return nil }
            let cause = goodProbes == 1 ? "a probe succeeded" : "\(goodProbes) probes in a row succeeded"
            state = .open(until: now, duration: duration)
            past?.isBroughtForward = true
            return CircuitTransition(from: name, to: name, share: share, .probe, cause: cause, until: trialAt)
        }
    }

    /// A probe failed. ``Settings/unhealthyThreshold`` consecutive failures open a closed circuit; the duration of an
    /// open one does not change. A probe with a refused login is an account fault instead:
    /// ``failed(now:jitter:_:began:)``.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func probeFailed(now: MonotonicInstant, jitter: Double) -> CircuitTransition? {
        switch state {
        case .closed(let failures):
            failedProbes += 1
            if missedGreetings > 0 {
                let all = failures + missedGreetings
                missedGreetings = 0
                state = .closed(failures: all)
                if let (reason, cause) = reasonToOpen(all) {
                    return open(.transport, reason, now: now, jitter: jitter, cause)
                }
            }
            guard failedProbes >= max(1, settings.unhealthyThreshold) else { return nil }
            let cause = failedProbes == 1 ? "a probe failed" : "\(failedProbes) probes in a row failed"
            return open(.transport, .probe, now: now, jitter: jitter, cause)
        case .open, .halfOpen:
            goodProbes = 0
            return nil
        }
    }

    /// A session was left because the upstream had not greeted within the patience, and no probe has told yet whether
    /// it is only slow. It is suspect; if the next probe fails, this counts as a failure, and if it succeeds, it does
    /// not.
    ///
    /// - Parameter began: start of the session; nil if unknown.
    /// - Returns: false if it has to count at once: the circuit is not closed, or has just been open.
    package mutating func missedGreeting(began: MonotonicInstant?) -> Bool {
        guard case .closed = state, ramp == nil else { return false }
        if isNews(since: began) { missedGreetings += 1 }
        return true
    }

    /// Whether the upstream answers again, and nothing but a message is missing: its probes succeed, and the time for the
    /// trial has come, or the trial runs.
    ///
    /// Not after an account fault, about which a probe says nothing; nor while the trial runs if mail has failed after an
    /// apparent recovery before; nor while round trips keep all mail from it.
    package func awaitsTrial(now: MonotonicInstant) -> Bool {
        guard goodProbes > 0, !isAccountFault, withholding != .whole else { return false }
        return switch state {
        case .closed: false
        case .open(let until, _): until <= now
        case .halfOpen: past?.relapses == 0
        }
    }

    private var probesWanted: Int {
        max(1, settings.healthyThreshold) << min(past?.relapses ?? 0, 8)
    }

    // MARK: - By hand

    /// Opens the circuit as if it had failed now, for a time that probes do not shorten; trial and ramp follow as
    /// usual. Later durations continue from ``Settings/openDuration``, or from the one before, regardless of this one.
    ///
    /// - Parameter duration: nil for `open_duration`.
    package mutating func trip(now: MonotonicInstant, for duration: Duration?) -> CircuitTransition {
        let past = rememberedPast(now: now)
        let memory = Past(
            opener: .hand, openedAt: now, duration: past?.duration ?? settings.openDuration,
            relapses: past?.relapses ?? 0)
        return open(until: now + (duration ?? settings.openDuration), memory, .operator, "tripped by hand")
    }

    /// Closes the circuit, restores all traffic, and forgets the past.
    ///
    /// - Returns: nil if the upstream already had all its traffic.
    package mutating func reset(now: MonotonicInstant) -> CircuitTransition? {
        let (from, had) = (name, share)
        self = Circuit(settings: settings)
        guard had < 1 else { return nil }
        return CircuitTransition(from: from, to: name, share: share, .operator, cause: "reset by hand")
    }
}
