internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// What an upstream answered to a transaction, for each of its recipients.
extension Dispatcher {
    func apply(_ result: TransactionResult, to job: DeliveryJob, from upstream: Upstream) {
        if let reply = result.dotReply, reply.kind == .positive, result.recipientRefusals.isEmpty,
            job.cycle.isWhole
        {
            deliveredWhole(job, upstream, reply)
            return
        }
        let answers = job.pending.enumerated().map { position, recipient in
            answer(in: result, at: position, recipient, upstream)
        }
        if answers.contains(where: { $0.verdict?.action == .nextTransaction }) {
            job.session?.learnRecipientLimit(answers.count { $0.phase != .rcpt })
        }
        let step = job.cycle.transactionFinished(
            answers, attempt(of: job, at: upstream), dotSent: result.dotReply != nil, facts)
        for news in step.news { tell(news, of: job, from: upstream) }
        judge(upstream, by: answers, job)
        run(step, job, from: upstream)
    }

    /// What the server said about the recipient at this position of the transaction.
    private func answer(
        in result: TransactionResult, at position: Int, _ recipient: Int, _ upstream: Upstream
    ) -> RecipientAnswer {
        let (phase, reply) = reply(in: result, at: position)
        let isTaken = phase == .dot && reply.kind == .positive
        // Replies to RCPT come in order: whoever is refused later comes behind one that was taken, or not.
        let hasRecipients =
            phase == .rcpt && result.recipientRefusals.prefix { $0.recipient < position }.count < position
        let verdict = isTaken ? nil : upstream.rules.verdict(reply, at: phase, hasRecipients: hasRecipients)
        return RecipientAnswer(recipient: recipient, phase: phase, reply: reply, verdict: verdict)
    }

    private func reply(in result: TransactionResult, at position: Int) -> (OutcomePhase, Reply) {
        if let reply = result.mailRefusal { return (.mail, reply) }
        if let refusal = result.recipientRefusals.first(where: { $0.recipient == position }) {
            return (.rcpt, refusal.reply)
        }
        if let reply = result.dataRefusal { return (.data, reply) }
        return (.dot, result.dotReply ?? Reply(451, nil, "the upstream gave no reply"))
    }

    /// The way nearly all mail takes.
    private func deliveredWhole(_ job: DeliveryJob, _ upstream: Upstream, _ reply: Reply) {
        let took = instant - job.attemptBegan
        let text = reply.description
        for news in job.cycle.deliveredWhole(by: upstream.index, text) { tell(news, of: job, from: upstream) }
        upstream.tookWhole(text)
        run(upstream.worked(isTrial: job.endTrial(of: upstream), took: took), of: upstream)
        endTrialWithoutVerdict(job)
        queue.forget(job.id)
        outbox?.add(.remove(job.id))
    }

    /// Tells the circuit and the throttle what a transaction says of the upstream.
    private func judge(_ upstream: Upstream, by answers: [RecipientAnswer], _ job: DeliveryJob) {
        var isTaken = false
        var fault: (verdict: Verdict, answer: RecipientAnswer)?
        for answer in answers {
            guard let verdict = answer.verdict else {
                isTaken = true
                continue
            }
            upstream.note(phase: answer.phase.rawValue, answer.reply.description, verdict)
            if verdict.action == .slowDown { upstream.slowDown(answer.reply) }
            guard verdict.countsAgainstCircuit, !(fault?.verdict.opensCircuit ?? false) else { continue }
            fault = (verdict, answer)
        }
        // Who takes some recipients works, whatever it says of the others.
        if let fault, !isTaken {
            _ = job.endTrial(of: upstream)
            let effects = upstream.failed(
                at: fault.answer.phase.rawValue, fault.answer.reply.description, fault.verdict,
                began: job.attemptBegan)
            run(effects, of: upstream)
        } else if isTaken || !answers.allSatisfy({ $0.verdict?.action == .secondOpinion }) {
            let took = isTaken ? instant - job.attemptBegan : nil
            run(upstream.worked(isTrial: job.endTrial(of: upstream), took: took), of: upstream)
        }
        // Else it has only said what nobody understands: what another upstream says of the same mail tells.
    }
}
