/// Results of mail, and their consequences.
extension Circuit {
    /// The upstream has accepted a message, or has given a verdict about one: it works. While the circuit is not
    /// closed, this matters only for the trial message, because an older session may keep working where no new one is
    /// admitted, for example after a password change. A trial slower than ``Settings/latencyThreshold`` fails.
    ///
    /// - Parameters:
    ///   - took: the time the upstream needed, up to the reply to the final dot; nil if there was none.
    ///   - began: start of the attempt, which may have waited for another one first; nil for `took` ago.
    ///   - jitter: -1 to 1, used if it was too slow.
    package mutating func succeeded(
        now: MonotonicInstant, isTrial: Bool = false, took: Duration? = nil, began: MonotonicInstant? = nil,
        jitter: Double = 0
    ) -> CircuitTransition? {
        switch state {
        case .closed:
            guard isTrial || isNews(since: began ?? took.map { now + (.zero - $0) }) else { return nil }
            return workedOn(now: now, took: took, jitter: jitter)
        case .open:
            // Another session's failure has already ended the trial; an operator's order stands.
            guard isTrial, past?.opener != .hand, !isSlow(took) else { return nil }
            return close(now: now, "trial succeeded")
        case .halfOpen:
            guard isTrial else { return nil }
            guard let took, let limit = settings.latencyThreshold, took > limit else {
                return close(now: now, "trial succeeded")
            }
            let cause = "trial took \(took.inWords), longer than \(limit.inWords)"
            return open(.transport, .slow, now: now, jitter: jitter, cause)
        }
    }

    /// The upstream failed: refused, disconnected, silent, or unwilling.
    ///
    /// - Parameters:
    ///   - jitter: -1 to 1; varies the duration by up to a tenth, so that many relays do not return at once.
    ///   - began: start of the attempt, or of the session if there was none; anything begun before the last opening is
    ///     ignored.
    package mutating func failed(
        now: MonotonicInstant, jitter: Double, _ fault: Fault = .transport, began: MonotonicInstant? = nil
    ) -> CircuitTransition? {
        guard isNews(since: began) else { return nil }
        switch state {
        case .closed(let failures):
            state = .closed(failures: failures + 1)
            attempts.failed(now: now)
            ramp?.until = now + settings.stepDuration
            if fault == .account { return open(.account, .account, now: now, jitter: jitter, "account fault") }
            return reasonToOpen(failures + 1).map { open(.transport, $0.reason, now: now, jitter: jitter, $0.cause) }
        case .halfOpen:
            let cause = fault == .account ? "trial failed: account fault" : "trial failed"
            return fault == .account
                ? open(.account, .account, now: now, jitter: jitter, cause)
                : open(.transport, .trial, now: now, jitter: jitter, cause)
        case .open:
            // From sessions and probes in progress. It only means that probes cannot tell when the upstream recovers,
            // whoever opened the circuit.
            if fault == .account { past?.opener = .account }
            return nil
        }
    }

    /// The trial message is gone without a result: the next message may try at once.
    package mutating func trialEndedWithoutVerdict(now: MonotonicInstant) -> CircuitTransition? {
        guard case .halfOpen(let duration) = state else { return nil }
        state = .open(until: now, duration: duration)
        return CircuitTransition(
            from: .halfOpen, to: name, share: share, .trial, cause: "trial without a verdict", until: trialAt)
    }

    // MARK: - Judging

    func isNews(since began: MonotonicInstant?) -> Bool {
        guard let began, let past else { return true }
        return began >= past.openedAt
    }

    private func isSlow(_ took: Duration?) -> Bool {
        guard let took, let limit = settings.latencyThreshold else { return false }
        return took > limit
    }

    private mutating func workedOn(now: MonotonicInstant, took: Duration?, jitter: Double) -> CircuitTransition? {
        state = .closed(failures: 0)
        workedAt = now
        failedProbes = 0
        missedGreetings = 0
        // While only probes of round trips go there, no attempt counts as slow.
        let isTimed = took != nil && withholding != .whole
        attempts.succeeded(now: now, isSlow: isTimed ? isSlow(took) : nil)
        guard let limit = settings.latencyThreshold, attempts.isSlow, attempts.counts.timed >= settings.minRequests
        else { return nil }
        let (slow, timed) = (attempts.counts.slow, attempts.counts.timed)
        let cause = "\(slow) of \(timed) attempts in \(settings.window.inWords) took longer than \(limit.inWords)"
        return open(.transport, .slow, now: now, jitter: jitter, cause)
    }

    func reasonToOpen(_ failures: Int) -> (reason: CircuitReason, cause: String)? {
        let limit = ramp == nil ? settings.consecutiveFailures : min(2, settings.consecutiveFailures)
        if failures >= limit {
            let count = failures == 1 ? "1 failure" : "\(failures) failures in a row"
            return (.failures, ramp == nil ? count : "\(count) at \(percentage) of the traffic")
        }
        let (failed, all) = (attempts.counts.failed, attempts.counts.attempts)
        guard all >= settings.minRequests, Double(failed) >= settings.failureRate * Double(all) else { return nil }
        return (.failureRate, "\(failed) of \(all) attempts failed in \(settings.window.inWords)")
    }

    // MARK: - Changing

    private mutating func close(now: MonotonicInstant, _ cause: String) -> CircuitTransition {
        let from = name
        workedAt = now
        state = .closed(failures: 0)
        attempts.clear()
        failedProbes = 0
        goodProbes = 0
        climb(to: 0, now: now)
        return CircuitTransition(from: from, to: name, share: share, .trial, cause: cause)
    }

    mutating func open(
        _ opener: Opener, _ reason: CircuitReason, now: MonotonicInstant, jitter: Double, _ cause: String
    ) -> CircuitTransition {
        let past = rememberedPast(now: now)
        let duration = past.map { min($0.duration * 2, settings.maxOpenDuration) } ?? settings.openDuration
        let relapses = past.map { $0.relapses + (isRelapse($0) ? 1 : 0) } ?? 0
        return open(
            until: now + duration * (1 + jitter / 10),
            Past(opener: opener, openedAt: now, duration: duration, relapses: relapses), reason, cause)
    }

    mutating func open(
        until: MonotonicInstant, _ past: Past, _ reason: CircuitReason, _ cause: String
    ) -> CircuitTransition {
        let from = name
        self.past = past
        state = .open(until: until, duration: past.duration)
        ramp = nil
        attempts.clear()
        refutations.clear()
        refusals.clear()
        failedProbes = 0
        missedGreetings = 0
        goodProbes = 0
        return CircuitTransition(from: from, to: name, share: share, reason, cause: cause, until: trialAt)
    }

    /// The last opening; nil once the upstream has been healthy long enough to start over.
    func rememberedPast(now: MonotonicInstant) -> Past? {
        guard let past, let since = past.wholeSince else { return past }
        return now - since >= max(past.duration, settings.stepDuration) ? nil : past
    }

    private func isRelapse(_ past: Past) -> Bool {
        switch state {
        case .closed: true
        case .open, .halfOpen: past.isBroughtForward
        }
    }
}
