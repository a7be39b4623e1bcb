internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// What an upstream's replies say about the upstream itself.
extension Upstream {
    /// A transaction has ended with its answers.
    ///
    /// - Parameters:
    ///   - job: the message; if it was the trial, an answer that says something about the upstream ends that.
    ///   - took: the time it needed for the transaction.
    func answered(_ answers: [RecipientAnswer], to job: DeliveryJob, took: Duration) -> UpstreamEffects {
        var isTaken = false
        var fault: (verdict: Verdict, answer: RecipientAnswer)?
        for answer in answers {
            guard let verdict = answer.verdict else {
                isTaken = true
                continue
            }
            note(phase: answer.phase.rawValue, answer.reply.description, verdict)
            if verdict.action == .slowDown { slowDown(answer.reply) }
            if verdict.action == .fail {
                let domain = job.message.recipients[answer.recipient].address.domain
                circuit.refused(job.id, domain: domain, now: clock.instant)
            }
            guard verdict.countsAgainstCircuit, !(fault?.verdict.opensCircuit ?? false) else { continue }
            fault = (verdict, answer)
        }
        // An upstream that accepts some recipients works, whatever it says about the others.
        if let fault, !isTaken {
            guard !spendsQuota(fault.verdict, fault.answer.reply) else {
                job.endTrialWithoutVerdict(of: self)
                return []
            }
            _ = job.endTrial(of: self)
            return failed(
                at: fault.answer.phase.rawValue, fault.answer.reply.description, fault.verdict,
                began: job.attemptBegan)
        }
        guard isTaken || !answers.allSatisfy({ $0.verdict?.saysNothingYet ?? false }) else { return [] }
        return worked(isTrial: job.endTrial(of: self), took: isTaken ? took : nil, began: job.attemptBegan)
    }

    /// A session has ended because of the upstream; its reply decides whose fault that is.
    ///
    /// - Parameter began: start of the attempt concerned; nil if there was none.
    func blamed(for failure: SessionFailure, began: MonotonicInstant?) -> UpstreamEffects {
        let verdict = verdict(on: failure)
        note(phase: failure.phase.rawValue, failure.reason, verdict)
        if isUnknown, failure.isSlowGreeting(within: settings.connectTimeout), circuit.missedGreeting(began: began) {
            return []
        }
        if let reply = failure.reply, spendsQuota(verdict, reply) { return [] }
        guard verdict.action == .slowDown || verdict.action == .fewerSessions, let reply = failure.reply else {
            return failed(at: failure.phase.rawValue, failure.reason, verdict, began: began)
        }
        slowDown(reply)
        return []
    }

    /// Whether it has refused the session for being one too many.
    func wantsFewerSessions(_ failure: SessionFailure) -> Bool { meaning(of: failure)?.action == .fewerSessions }

    /// What it said if no connection came about because there are enough; nil if that has another reason. A refused
    /// connection says so too, where others work and more are only being tried.
    func refusalOfMore(_ failure: SessionFailure) -> String? {
        if wantsFewerSessions(failure) { return failure.reply?.description }
        return failure.isConnectionRefused && pool.isRefusalOfMore ? failure.reason : nil
    }

    /// Whether it has had enough of a session that has taken mail.
    func hasUsedUp(_ failure: SessionFailure) -> Bool { meaning(of: failure)?.action == .newSession }

    /// Whether the end of a session amid recipients may mean that there were too many: nothing was said, or nothing
    /// about anything else.
    func mayLimitRecipients(_ failure: SessionFailure) -> Bool {
        guard let verdict = meaning(of: failure) else { return true }
        return verdict.action == .nextTransaction || verdict.action == .nextUpstream && verdict.scope == .transport
    }

    private func verdict(on failure: SessionFailure) -> Verdict {
        if wantsFewerSessions(failure) { return .crowded }
        if failure.fault == .account { return .accountFault }
        return meaning(of: failure) ?? .hostFault
    }

    /// What the reply that ended a session means; nil without one.
    private func meaning(of failure: SessionFailure) -> Verdict? {
        guard let reply = failure.reply, let phase = failure.phase.outcomePhase else { return nil }
        return rules.verdict(reply, at: phase, session: failure.standing)
    }

    /// Records a reply or an error that was not a success.
    func note(phase: String, _ text: String, _ verdict: Verdict) {
        record.answered(
            .init(
                at: clock.wall, phase: phase, text: ReplyText.cut(text),
                verdict: "\(verdict.scope.rawValue), \(verdict.action.rawValue)"))
    }

    /// It has asked for less mail.
    func slowDown(_ reply: Reply) {
        guard let rate = throttle.slowDown(now: clock.instant) else { return }
        report(.slowedDown(upstream: name, rate: rate, reply: reply.description))
    }
}

extension Verdict {
    /// Whether it says nothing about the upstream: another upstream's opinion of the same mail decides, or another session
    /// of this one.
    fileprivate var saysNothingYet: Bool {
        isUnexplained || action == .newSession || action == .fewerSessions
    }
}
