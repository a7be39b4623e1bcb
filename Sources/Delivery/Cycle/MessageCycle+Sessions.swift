internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// What the end of a session, or what a session cannot carry, comes to.
extension MessageCycle {
    /// A session ended under the message before its final dot: nothing was committed there.
    mutating func sessionLostBeforeDot(
        _ attempt: CycleAttempt, phase: String, reply: String, _ facts: CycleFacts
    ) -> CycleStep {
        let reason = "\(phase): \(reply)"
        lastReason = reason
        for index in pending {
            change(index) { $0.recordAttempt(by: facts.names[attempt.upstream], reason) }
            deferRecipient(index)
        }
        let record = AttemptRecord(
            upstream: facts.names[attempt.upstream], startedAt: attempt.startedAt, endedAt: facts.now,
            recipients: pending, outcome: .deferred, phase: phase, reply: reply, tls: attempt.tls, dotSent: false)
        gather()
        return proceed(attempt, [record], facts)
    }

    /// The session ended after the final dot: the upstream may have taken the message. The cycle is over.
    ///
    /// - Parameter refused: recipients that had been refused before.
    mutating func sessionLostAfterDot(
        refused: [RecipientAnswer], _ attempt: CycleAttempt, reason: String, _ facts: CycleFacts
    ) -> CycleStep {
        var news: [CycleStep.News] = []
        let doubted = pending.filter { index in !refused.contains { $0.recipient == index } }
        pending = []
        for answer in refused { apply(answer, hasRoomLater: true, attempt, facts, &news) }
        let refusals = records(of: refused, attempt, dotSent: true, facts)
        // What another upstream could still do for those, or for who was to follow, waits for the schedule.
        gather()
        postponed += pending
        // In doubt again and again: each time may be a copy, so that the times grow apart.
        let isAgain = doubted.contains { doubts[$0] != nil }
        if isAgain { countCycle() }
        let pause =
            isAgain ? facts.plan.delay(afterCycles: message.cycles, random: facts.jitter) : .zero
        for index in doubted { doubt(index, attempt, since: facts.now + pause, reason, facts) }
        news.append(.inDoubt(doubted, since: facts.now + pause))
        let record = AttemptRecord(
            upstream: facts.names[attempt.upstream], startedAt: attempt.startedAt, endedAt: facts.now,
            recipients: doubted, outcome: .inDoubt, phase: OutcomePhase.dot.rawValue, reply: reason, tls: attempt.tls,
            dotSent: true)
        // What is in doubt again when its time is up has failed: nobody will know.
        if isAgain, facts.plan.isExpired(message, at: facts.now) { postponed += doubted }
        pending = []
        var step = end(facts, [record] + refusals)
        step.news = news
        return step
    }

    private mutating func doubt(
        _ index: Int, _ attempt: CycleAttempt, since: Timestamp, _ reason: String, _ facts: CycleFacts
    ) {
        let name = facts.names[attempt.upstream]
        change(index) { recipient in
            recipient.recordAttempt(by: name, reason)
            recipient.markInDoubt(at: name, since: since)
            // What an operator has said was about another doubt.
            recipient.resolution = nil
        }
    }

    // MARK: - What a session cannot carry

    /// A session cannot be asked to take some recipients: the next upstream is to have them. One that cannot be written in a
    /// command fails, as no upstream can be asked.
    ///
    /// - Parameter sessionBegan: when the session did: only a new one is new evidence.
    mutating func cannotCarry(
        _ refusals: [TransactionPlan.Refusal], at upstream: Int, sessionBegan: Timestamp, _ facts: CycleFacts
    ) -> [CycleStep.News] {
        var news: [CycleStep.News] = []
        for refusal in refusals {
            let index = refusal.recipient
            let reply = refusal.reply.description
            pending.removeAll { $0 == index }
            switch refusal.kind {
            case .unwritable:
                change(index) { recipient in
                    recipient.upstream = facts.names[upstream]
                    recipient.lastReply = reply
                    recipient.markFailed()
                }
                news.append(
                    .failed([index], upstream: upstream, phase: OutcomePhase.mail.rawValue, reply: reply))
            case .incapable:
                leftOver.append(index)
                lastReason = reply
                note(refusal, at: upstream, sessionBegan)
            case .cameFrom:
                leftOver.append(index)
                lastReason = reply
                cameFromUpstream = true
            }
        }
        return news
    }

    private mutating func note(_ refusal: TransactionPlan.Refusal, at upstream: Int, _ sessionBegan: Timestamp) {
        let index = refusal.recipient
        var incapacity = incapable[index] ?? Incapacity(upstream: upstream, reason: refusal.reply)
        incapacity.upstreams.insert(upstream)
        incapacity.upstream = upstream
        incapacity.reason = refusal.reply
        let last = message.recipients[index].impasse?.last
        if let last, sessionBegan <= last { incapacity.isOld = true }
        incapable[index] = incapacity
    }

    /// The session could take none of the recipients that were pending.
    mutating func passedOver(at upstream: Int, _ facts: CycleFacts) -> CycleStep {
        moveOn(from: upstream)
        return pending.isEmpty ? end(facts) : CycleStep(action: .tryNext)
    }
}
