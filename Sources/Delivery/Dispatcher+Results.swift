internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// What a transaction came to, for each of its recipients.
extension Dispatcher {
    func apply(_ result: TransactionResult, to job: DeliveryJob, from pool: UpstreamPool) {
        if let reply = result.dotReply, reply.kind == .positive, result.recipientRefusals.isEmpty {
            deliveredWhole(job, pool, reply)
            return
        }
        let ended = now()
        var verdicts: [(recipient: Int, verdict: Verdict?, reply: Reply, phase: OutcomePhase)] = []
        for (position, recipient) in job.pending.enumerated() {
            let (phase, reply) = answer(in: result, at: position)
            let isTaken = phase == .dot && reply.kind == .positive
            let verdict = isTaken ? nil : lenient(pool.rules.verdict(reply, at: phase), recipient, job, pool)
            verdicts.append((recipient, verdict, reply, phase))
        }
        // What was said before any recipient was named holds for those that were to follow.
        let common = verdicts.first { $0.phase == .mail || $0.phase == .data }
        if let common, common.verdict?.action == .fail {
            verdicts += job.rest.map { ($0, common.verdict, common.reply, common.phase) }
            job.rest = []
        }
        let startedWith = verdicts.map(\.recipient)
        job.pending = []
        for entry in verdicts {
            record(entry.verdict, entry.reply, for: entry.recipient, of: job, from: pool)
        }
        reportVerdicts(verdicts, job, pool)
        judge(pool, by: verdicts.map { ($0.verdict, $0.reply, $0.phase) }, job)
        if common != nil { job.gather() }
        let decisive = verdicts.first { $0.verdict != nil } ?? verdicts[0]
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: ended, recipients: startedWith,
            outcome: Self.outcome(decisive.verdict), phase: decisive.phase.rawValue,
            reply: decisive.reply.description, tls: job.tls, dotSent: result.dotReply != nil)
        continueCycle(job, pool, attempt)
    }

    /// What the server said about the recipient at this position of the transaction.
    private func answer(in result: TransactionResult, at position: Int) -> (OutcomePhase, Reply) {
        if let reply = result.mailRefusal { return (.mail, reply) }
        if let refusal = result.recipientRefusals.first(where: { $0.recipient == position }) {
            return (.rcpt, refusal.reply)
        }
        if let reply = result.dataRefusal { return (.data, reply) }
        return (.dot, result.dotReply ?? Reply(451, nil, "the upstream gave no reply"))
    }

    private static func outcome(_ verdict: Verdict?) -> AttemptRecord.Outcome {
        switch verdict?.action {
        case nil: .delivered
        case .fail: .failed
        case .nextUpstream, .slowDown, .retryLater: .deferred
        }
    }

    /// The way nearly all mail takes.
    private func deliveredWhole(_ job: DeliveryJob, _ pool: UpstreamPool, _ reply: Reply) {
        let took = moment - job.attemptBegan
        pool.latencies.add(took)
        pool.status.deliveredTotal += job.pending.count
        let text = reply.description
        report(
            .delivered(
                job.id, recipients: job.pendingAddresses, upstream: pool.settings.name, reply: text,
                took: took, delay: now() - job.message.receivedAt, tls: job.tls))
        pool.record.lastSuccess = .init(at: now(), phase: OutcomePhase.dot.rawValue, text: text, verdict: nil)
        upstreamWorked(pool, job, took: took)
        if job.pending.count == job.message.recipients.count {
            outbox?.add(.remove(job.id))
            return
        }
        let delivered = job.pending
        job.pending = []
        for index in delivered { take(index, of: job, pool, reply) }
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: now(), recipients: delivered,
            outcome: .delivered, phase: OutcomePhase.dot.rawValue, reply: reply.description, tls: job.tls, dotSent: true
        )
        continueCycle(job, pool, attempt)
    }

    private func take(_ index: Int, of job: DeliveryJob, _ pool: UpstreamPool, _ reply: Reply) {
        job.message.recipients[index].state = .delivered
        job.message.recipients[index].attempts += 1
        job.message.recipients[index].nextAttemptAt = nil
        job.message.recipients[index].upstream = pool.settings.name
        job.message.recipients[index].lastReply = reply.description
    }

    func record(
        _ verdict: Verdict?, _ reply: Reply, for index: Int, of job: DeliveryJob, from pool: UpstreamPool
    ) {
        take(index, of: job, pool, reply)
        switch verdict?.action {
        case nil:
            pool.status.deliveredTotal += 1
        case .fail:
            job.message.recipients[index].state = .failed
        case .nextUpstream, .slowDown:
            deferRecipient(index, of: job)
            job.lastError = reply.description
            job.pending.append(index)
        case .retryLater:
            deferRecipient(index, of: job)
            job.postponed.append(index)
        }
    }

    /// Not now; one that was in doubt before this attempt still is.
    func deferRecipient(_ index: Int, of job: DeliveryJob) {
        guard let doubt = job.doubts[index] else {
            job.message.recipients[index].state = .deferred
            return
        }
        job.message.recipients[index].state = .inDoubt
        job.message.recipients[index].upstream = doubt.upstream
        job.message.recipients[index].nextAttemptAt = doubt.nextAttemptAt
    }

    func reportVerdicts(
        _ verdicts: [(recipient: Int, verdict: Verdict?, reply: Reply, phase: OutcomePhase)], _ job: DeliveryJob,
        _ pool: UpstreamPool
    ) {
        for entry in verdicts {
            let address = job.message.recipients[entry.recipient].address
            switch entry.verdict?.action {
            case nil:
                report(
                    .delivered(
                        job.id, recipients: [address], upstream: pool.settings.name, reply: entry.reply.description,
                        took: moment - job.attemptBegan, delay: now() - job.message.receivedAt, tls: job.tls))
            case .fail:
                report(
                    .failed(
                        job.id, recipients: [address], upstream: pool.settings.name, phase: entry.phase.rawValue,
                        reply: entry.reply.description))
            case .nextUpstream, .slowDown, .retryLater:
                break
            }
        }
    }

    /// Where the route says so, a message that one upstream refuses for what it is has another chance at those that have
    /// not refused it yet.
    private func lenient(
        _ verdict: Verdict, _ recipient: Int, _ job: DeliveryJob, _ pool: UpstreamPool
    ) -> Verdict {
        let route = board.routes.routes[job.route]
        guard route.failoverOnReject, verdict.scope == .message, verdict.action == .fail else { return verdict }
        // It is as good as one that cannot carry it: where all others cannot either, this was the last word.
        job.incapable[recipient, default: UpstreamSet()].insert(pool.index)
        let others = candidates(of: job).contains { $0 != pool.index && !job.tried.contains($0) }
        return others ? Verdict(.message, .nextUpstream) : verdict
    }

    /// Tells the circuit and the throttle what a transaction says of the upstream.
    private func judge(
        _ pool: UpstreamPool, by answers: [(verdict: Verdict?, reply: Reply, phase: OutcomePhase)], _ job: DeliveryJob
    ) {
        var isTaken = false
        var fault: (verdict: Verdict, reply: Reply, phase: OutcomePhase)?
        for answer in answers {
            guard let verdict = answer.verdict else {
                isTaken = true
                continue
            }
            note(pool, phase: answer.phase.rawValue, answer.reply.description, verdict)
            if verdict.action == .slowDown { slowDown(pool, answer.reply) }
            guard verdict.countsAgainstCircuit, !(fault?.verdict.opensCircuit ?? false) else { continue }
            fault = (verdict, answer.reply, answer.phase)
        }
        // Who takes some recipients works, whatever it says of the others.
        if let fault, !isTaken {
            job.trialOf = nil
            upstreamFailed(
                pool, at: fault.phase.rawValue, fault.reply.description, fault.verdict, began: job.attemptBegan)
        } else {
            let took = isTaken ? moment - job.attemptBegan : nil
            if let took { pool.latencies.add(took) }
            upstreamWorked(pool, job, took: took)
        }
    }
}
