internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// The end of a session, and messages a session cannot carry.
extension MessageCycle {
    /// A session ended before the message's final dot: nothing was committed there.
    mutating func sessionLostBeforeDot(
        _ attempt: CycleAttempt, phase: String, reply: String, _ facts: CycleFacts
    ) -> CycleStep {
        let reason = "\(phase): \(reply)"
        lastReason = reason
        for index in pending {
            change(index) { $0.recordAttempt(by: facts.names[attempt.upstream], reason) }
            lastPhases[index] = phase
            deferRecipient(index)
        }
        let record = AttemptRecord(
            upstream: facts.names[attempt.upstream], startedAt: attempt.startedAt, endedAt: facts.wall,
            recipients: pending, outcome: .deferred, phase: phase, reply: reply, tls: attempt.tls, dotSent: false)
        gather()
        return proceed(attempt, [record], facts)
    }

    /// The session ended after the final dot: the upstream may have accepted the message. The cycle is over.
    ///
    /// - Parameter refused: recipients refused before.
    mutating func sessionLostAfterDot(
        refused: [RecipientAnswer], _ attempt: CycleAttempt, reason: String, _ facts: CycleFacts
    ) -> CycleStep {
        var news: [CycleStep.News] = []
        let doubted = pending.filter { index in !refused.contains { $0.recipient == index } }
        pending = []
        for answer in refused { apply(answer, hasRoomLater: true, attempt, facts, &news) }
        let refusals = records(of: refused, attempt, dotSent: true, facts)
        // The remaining recipients wait for the schedule.
        gather()
        postponed += pending
        // Repeated doubts: each may produce a copy, so the intervals grow.
        let isAgain = doubted.contains { doubts[$0] != nil }
        if isAgain { countCycle() }
        let pause =
            isAgain
            ? facts.plan.delay(
                afterCycles: message.cycles, of: message.priority, random: facts.jitter) : .zero
        for index in doubted { doubt(index, attempt, since: facts.now + pause, reason, facts) }
        news.append(.inDoubt(doubted, since: facts.now + pause))
        let record = AttemptRecord(
            upstream: facts.names[attempt.upstream], startedAt: attempt.startedAt, endedAt: facts.wall,
            recipients: doubted, outcome: .inDoubt, phase: OutcomePhase.dot.rawValue, reply: reason, tls: attempt.tls,
            dotSent: true)
        // A recipient in doubt again after its expiry fails: nobody will ever know.
        if isAgain, facts.plan.isExpired(message, ages: facts.ages, at: facts.now) { postponed += doubted }
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
            // The operator's resolution was about another doubt.
            recipient.resolution = nil
        }
    }

    // MARK: - What a session cannot carry

    /// A session cannot be asked to accept some recipients: the next upstream will get them. One that cannot be written
    /// in a command fails, because no upstream can be asked.
    ///
    /// - Parameter sessionBegan: start of the session; only a new one is new evidence.
    mutating func cannotCarry(
        _ refusals: [TransactionPlan.Refusal], at upstream: Int, sessionBegan: Timestamp, _ facts: CycleFacts
    ) -> [CycleStep.News] {
        var news: [CycleStep.News] = []
        for refusal in refusals {
            let index = refusal.recipient
            let reply = refusal.words
            pending.removeAll { $0 == index }
            switch refusal.kind {
            case .unwritable:
                fail(index, .invalidRecipient)
                change(index) { recipient in
                    recipient.upstream = facts.names[upstream]
                    recipient.lastReply = reply
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
        var incapacity = incapable[index] ?? Incapacity(upstream: upstream, reason: refusal.words)
        incapacity.upstreams.insert(upstream)
        incapacity.upstream = upstream
        incapacity.reason = refusal.words
        let last = message.recipients[index].impasse?.last
        if let last, sessionBegan <= last { incapacity.isOld = true }
        incapable[index] = incapacity
    }

    /// The session could take none of the pending recipients.
    mutating func passedOver(at upstream: Int, _ facts: CycleFacts) -> CycleStep {
        moveOn(from: upstream)
        return pending.isEmpty ? end(facts) : CycleStep(action: .tryNext)
    }
}
