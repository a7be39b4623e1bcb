internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// The result of a transaction.
extension MessageCycle {
    /// The upstream has completed its replies to the transaction.
    ///
    /// - Parameter answers: one per pending recipient.
    mutating func transactionFinished(
        _ answers: [RecipientAnswer], _ attempt: CycleAttempt, dotSent: Bool, _ facts: CycleFacts
    ) -> CycleStep {
        let answers = answers.spottingLimit().sparingNeighbours()
        var news: [CycleStep.News] = []
        // Replies before the first recipient apply to the recipients of later transactions too.
        let common = answers.first { $0.phase == .mail || $0.phase == .data }
        let all = answers + sharers(of: common)
        let hasRoomLater = common == nil && answers.contains { $0.phase == .dot }
        pending = []
        for answer in all { apply(answer, hasRoomLater: hasRoomLater, attempt, facts, &news) }
        // The same upstream gets them again if only the session was at fault.
        if common != nil, turn == .inOrder { gather() }
        var step = proceed(attempt, records(of: all, attempt, dotSent: dotSent, facts), facts)
        step.news = news
        return step
    }

    private mutating func sharers(of common: RecipientAnswer?) -> [RecipientAnswer] {
        guard let common, let action = common.verdict?.action, action == .fail || action == .secondOpinion else {
            return []
        }
        let sharers = rest
        rest = []
        return sharers.map {
            RecipientAnswer(recipient: $0, phase: common.phase, reply: common.reply, verdict: common.verdict)
        }
    }

    /// One record per outcome and side of the dot, with the first reply that led to it: no outcome is reported under
    /// another one's reply, and a recipient that was refused before the content has no part in its dot.
    func records(
        of answers: [RecipientAnswer], _ attempt: CycleAttempt, dotSent: Bool, _ facts: CycleFacts
    ) -> [AttemptRecord] {
        var groups: [(outcome: AttemptRecord.Outcome, first: RecipientAnswer, recipients: [Int])] = []
        for answer in answers {
            let outcome = outcome(of: answer)
            let isSame = { (first: RecipientAnswer) in (first.phase == .dot) == (answer.phase == .dot) }
            if let place = groups.firstIndex(where: { $0.outcome == outcome && isSame($0.first) }) {
                groups[place].recipients.append(answer.recipient)
            } else {
                groups.append((outcome, answer, [answer.recipient]))
            }
        }
        return groups.map { outcome, first, recipients in
            AttemptRecord(
                upstream: facts.names[attempt.upstream], startedAt: attempt.startedAt, endedAt: facts.wall,
                recipients: recipients, outcome: outcome, phase: first.phase.rawValue,
                reply: first.reply.description, tls: attempt.tls, dotSent: dotSent && first.phase == .dot)
        }
    }

    private func outcome(of answer: RecipientAnswer) -> AttemptRecord.Outcome {
        switch message.recipients[answer.recipient].state {
        case .delivered: .delivered
        case .failed: .failed
        case .queued, .deferred, .scheduled, .held, .inDoubt: .deferred
        }
    }

    /// The rest of the recipients go to the same upstream, all remaining ones to the next, or the cycle is over.
    mutating func proceed(_ attempt: CycleAttempt, _ records: [AttemptRecord], _ facts: CycleFacts) -> CycleStep {
        if !rest.isEmpty, attempt.mayStay {
            leftOver += pending
            pending = rest
            rest = []
            defer { turn = .inOrder }
            return CycleStep(action: .sameUpstreamAgain(turn), attempts: records)
        }
        moveOn(from: attempt.upstream)
        return pending.isEmpty ? end(facts, records) : CycleStep(action: .tryNext, attempts: records)
    }

    /// Whether all recipients of the message are in one transaction, and none has been tried before.
    var isWhole: Bool { pending.count == message.recipients.count }

    /// Every recipient has the message.
    ///
    /// - Parameters:
    ///   - name: of the upstream.
    ///   - now: by the system's clock.
    /// - Returns: the news, and the attempt.
    mutating func deliveredWhole(
        _ attempt: CycleAttempt, _ text: String, name: String, at now: Timestamp
    ) -> ([CycleStep.News], AttemptRecord) {
        let (upstream, reply) = (attempt.upstream, ReplyText.cut(text))
        for index in pending {
            noteDelivery(index)
            change(index) { recipient in
                recipient.recordAttempt(by: name, reply)
                recipient.markDelivered()
            }
        }
        let record = AttemptRecord(
            upstream: name, startedAt: attempt.startedAt, endedAt: now, recipients: pending, outcome: .delivered,
            phase: OutcomePhase.dot.rawValue, reply: reply, tls: attempt.tls, dotSent: true)
        var news: [CycleStep.News] = [.delivered(pending, reply: reply)]
        if !opinions.isEmpty {
            for index in pending { judgeOpinions(about: index, by: upstream, isConfirmed: false, &news) }
        }
        return (news, record)
    }

    // MARK: - One recipient

    /// Result for one recipient.
    enum Fate {
        case delivered, failed, nextUpstream, nextTransaction, anotherSession(CycleStep.Turn), later
    }

    /// - Parameter hasRoomLater: whether the transaction accepted a recipient, so that the next one will too.
    mutating func apply(
        _ answer: RecipientAnswer, hasRoomLater: Bool, _ attempt: CycleAttempt, _ facts: CycleFacts,
        _ news: inout [CycleStep.News]
    ) {
        let index = answer.recipient
        let reply = ReplyText.cut(answer.reply.description)
        change(index) { $0.recordAttempt(by: facts.names[attempt.upstream], reply) }
        if answer.verdict != nil { lastPhases[index] = answer.phase.rawValue }
        switch fate(of: answer, hasRoomLater, attempt, facts, &news) {
        case .delivered:
            change(index) { $0.markDelivered() }
            noteDelivery(index)
            add(delivered: index, reply, &news)
        case .failed:
            let scope = answer.verdict?.scope ?? .message
            fail(index, FailureClassRule.failureClass(of: answer.reply, at: answer.phase, scope))
            news.append(.failed([index], upstream: attempt.upstream, phase: answer.phase.rawValue, reply: reply))
            if let kind = answer.bounce { news.append(.bounced(index, kind, reply: reply)) }
        case .nextUpstream:
            deferRecipient(index)
            lastReason = reply
            pending.append(index)
            noteUnexplained(answer, attempt)
        case .nextTransaction:
            deferRecipient(index)
            rest.append(index)
        case .anotherSession(let turn):
            deferRecipient(index)
            lastReason = reply
            rest.append(index)
            self.turn = turn
        case .later:
            deferRecipient(index)
            postponed.append(index)
        }
    }

    private func add(delivered index: Int, _ reply: String, _ news: inout [CycleStep.News]) {
        if case .delivered(var others, reply)? = news.last {
            // Removed first, so that it grows in place.
            news.removeLast()
            others.append(index)
            news.append(.delivered(others, reply: reply))
        } else {
            news.append(.delivered([index], reply: reply))
        }
    }

    /// The one place where a failure becomes a fate.
    private mutating func fate(
        of answer: RecipientAnswer, _ hasRoomLater: Bool, _ attempt: CycleAttempt, _ facts: CycleFacts,
        _ news: inout [CycleStep.News]
    ) -> Fate {
        guard let verdict = answer.verdict else {
            judgeOpinions(about: answer.recipient, by: attempt.upstream, isConfirmed: false, &news)
            return .delivered
        }
        switch verdict.action {
        case .nextUpstream, .slowDown: return .nextUpstream
        case .nextTransaction: return hasRoomLater ? .nextTransaction : .nextUpstream
        case .newSession: return .anotherSession(.newSession)
        case .fewerSessions: return .anotherSession(.first)
        case .retryLater: return .later
        case .secondOpinion: return refused(answer, verdict, attempt, facts, &news)
        case .fail:
            if terms.failsOverOnReject, verdict.scope == .message {
                return refused(answer, verdict, attempt, facts, &news)
            }
            judgeOpinions(about: answer.recipient, by: attempt.upstream, isConfirmed: true, &news)
            return .failed
        }
    }
}
