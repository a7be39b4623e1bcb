internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// The rest of a message's cycle after an attempt.
extension Dispatcher {
    /// After an attempt: the rest of the recipients go to the next upstream, or the cycle is over.
    func continueCycle(_ job: DeliveryJob, _ pool: UpstreamPool, _ attempt: AttemptRecord) {
        guard job.rest.isEmpty || isStopping || pausedUntil != nil || !isWorking(pool.index) else {
            settle(job, attempt)
            goOnWithRest(of: job, pool)
            return
        }
        job.gather()
        job.tried.insert(pool.index)
        guard !job.pending.isEmpty else {
            conclude(job, attempt)
            return
        }
        settle(job, attempt)
        let addresses = job.pendingAddresses
        guard let next = redirect(job) else { return }
        report(
            .deferred(
                job.id, recipients: addresses, upstream: pool.settings.name, phase: attempt.phase, reply: attempt.reply,
                next: next, retryAt: nil, tls: attempt.tls))
    }

    /// The recipients that did not go in the last transaction go in the next one, through the same upstream.
    private func goOnWithRest(of job: DeliveryJob, _ pool: UpstreamPool) {
        job.leftOver += job.pending
        job.pending = job.rest
        job.rest = []
        pool.add(job)
        pumpSoon()
    }

    /// A session failed under a message before its final dot: nothing was committed there.
    func moveOn(_ job: DeliveryJob, from pool: UpstreamPool, phase: String, reply: String) {
        endTrialWithoutVerdict(job)
        job.lastError = "\(phase): \(reply)"
        for index in job.pending {
            job.message.recipients[index].attempts += 1
            job.message.recipients[index].upstream = pool.settings.name
            job.message.recipients[index].lastReply = job.lastError
            deferRecipient(index, of: job)
        }
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: now(), recipients: job.pending,
            outcome: .deferred, phase: phase, reply: reply, tls: job.tls, dotSent: false)
        job.gather()
        continueCycle(job, pool, attempt)
    }

    /// Recipients that a server cannot be asked to take: the next upstream is to have them. Where none of the route can, the
    /// reason stands as the reply; one that a doubt keeps from those that could is left in doubt.
    func refuseUnsent(_ refusals: [Carriage.Refusal], of job: DeliveryJob, _ pool: UpstreamPool) {
        let candidates = board.routes.candidates[job.route]
        for refusal in refusals {
            let index = refusal.recipient
            job.incapable[index, default: UpstreamSet()].insert(pool.index)
            let isLeft = candidates.contains { !(job.incapable[index]?.contains($0) ?? false) }
            if isLeft, refusal.kind != .unwritable {
                job.leftOver.append(index)
                job.lastError = refusal.reply.description
            } else {
                failUnsent(index, of: job, pool, refusal.reply)
            }
        }
    }

    private func failUnsent(_ index: Int, of job: DeliveryJob, _ pool: UpstreamPool, _ reply: Reply) {
        job.message.recipients[index].state = .failed
        job.message.recipients[index].nextAttemptAt = nil
        job.message.recipients[index].upstream = pool.settings.name
        job.message.recipients[index].lastReply = reply.description
        report(
            .failed(
                job.id, recipients: [job.message.recipients[index].address], upstream: pool.settings.name,
                phase: ClientPhase.mail.rawValue, reply: reply.description))
    }

    /// The server could be asked to take none of the message's recipients.
    func passOver(_ pool: UpstreamPool, _ job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        job.pending = []
        job.gather()
        job.tried.insert(pool.index)
        job.lastUpstream = pool.index
        if job.pending.isEmpty { conclude(job) } else { redirect(job) }
    }

    /// The connection ended after the final dot: the upstream may have taken the message.
    func doubt(
        _ job: DeliveryJob, refusals: [TransactionResult.Refusal], _ pool: UpstreamPool, _ failure: SessionFailure
    ) {
        job.trialOf = nil
        let since = now()
        let asked = job.pending
        let refused = refusals.map { (recipient: asked[$0.recipient], reply: $0.reply) }
        job.pending = []
        for entry in refused {
            let verdict = pool.rules.verdict(entry.reply, at: .rcpt)
            record(verdict, entry.reply, for: entry.recipient, of: job, from: pool)
            reportVerdicts([(entry.recipient, verdict, entry.reply, .rcpt)], job, pool)
        }
        // What another upstream could still do for those, or for who was to follow, waits for the schedule: the cycle ends
        // here.
        job.postponed += job.pending + job.rest + job.leftOver
        job.rest = []
        job.leftOver = []
        job.pending = asked.filter { index in !refused.contains { $0.recipient == index } }
        // In doubt again and again: each time may be a copy, so that the times grow apart.
        let isAgain = job.pending.contains { job.doubts[$0] != nil }
        if isAgain { job.message.cycles += 1 }
        let pause = isAgain ? plan.delay(afterCycles: job.message.cycles, random: jitter()) : .zero
        for index in job.pending {
            job.message.recipients[index].state = .inDoubt
            job.message.recipients[index].attempts += 1
            job.message.recipients[index].nextAttemptAt = since + pause
            job.message.recipients[index].upstream = pool.settings.name
            job.message.recipients[index].lastReply = failure.reason
            // What an operator has said was about another doubt.
            job.message.recipients[index].resolution = nil
        }
        let rule = job.pending.first.flatMap { plan.doubts.rule(for: job.message.recipients[$0], of: job.message) }
        report(
            .inDoubt(
                job.id, recipients: job.pendingAddresses, upstream: pool.settings.name, error: failure.reason,
                policy: (rule?.policy ?? pool.settings.inDoubt).rawValue,
                holdUntil: since + pause + (rule?.hold ?? pool.settings.inDoubtHold)))
        note(pool, phase: ClientPhase.dot.rawValue, failure.reason, Verdict(.transport, .retryLater))
        upstreamFailed(pool, at: ClientPhase.dot.rawValue, failure.reason, began: job.attemptBegan)
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: since, recipients: job.pending,
            outcome: .inDoubt, phase: ClientPhase.dot.rawValue, reply: failure.reason,
            tls: job.tls, dotSent: true)
        // What is in doubt again when its time is up has failed: nobody will know.
        if isAgain, plan.isExpired(job.message, at: since) { job.postponed += job.pending }
        job.pending = []
        conclude(job, attempt)
    }

    /// The cycle is over: what is left waits for its time, or has failed because its time is up.
    func conclude(_ job: DeliveryJob, _ attempt: AttemptRecord? = nil) {
        endTrialWithoutVerdict(job)
        let now = now()
        let left = (job.pending + job.postponed).sorted()
        // One that some upstream cannot carry is not released by that upstream's coming back: it would only turn in a circle.
        let isStranded = !job.pending.isEmpty && job.incapable.isEmpty
        job.pending = []
        job.postponed = []
        if !left.isEmpty {
            job.message.cycles += 1
            if plan.isExpired(job.message, at: now) {
                expire(left, of: job)
            } else {
                postpone(left, of: job, now)
            }
        }
        if job.message.recipients.allSatisfy({ $0.state == .delivered }) {
            outbox?.add(.remove(job.id))
            return
        }
        settle(job, attempt)
        wait(job.message, isStranded: isStranded)
    }

    private func postpone(_ recipients: [Int], of job: DeliveryJob, _ now: Timestamp) {
        let due = now + plan.delay(afterCycles: job.message.cycles, random: jitter())
        let name = job.lastUpstream.map { pools[$0].settings.name }
        for index in recipients {
            deferRecipient(index, of: job)
            job.message.recipients[index].nextAttemptAt = plan.deferral(
                of: job.message.recipients[index], in: job.message, until: due)
            job.message.recipients[index].upstream = job.message.recipients[index].upstream ?? name
            if job.message.recipients[index].lastReply == nil {
                job.message.recipients[index].lastReply = job.lastError
            }
        }
        report(
            .deferred(
                job.id, recipients: recipients.map { job.message.recipients[$0].address }, upstream: name ?? "",
                phase: "", reply: job.message.recipients[recipients[0]].lastReply ?? job.lastError, next: nil,
                retryAt: due, tls: nil))
    }

    private func expire(_ recipients: [Int], of job: DeliveryJob) {
        for index in recipients {
            let last = job.message.recipients[index].lastReply ?? job.lastError
            job.message.recipients[index].state = .failed
            job.message.recipients[index].nextAttemptAt = nil
            job.message.recipients[index].lastReply = "expired; last: \(last)"
        }
        report(
            .failed(
                job.id, recipients: recipients.map { job.message.recipients[$0].address }, upstream: nil,
                phase: "expired", reply: job.message.recipients[recipients[0]].lastReply ?? "expired"))
    }

    // MARK: - The ledger

    func settle(_ job: DeliveryJob, _ attempt: AttemptRecord?) {
        outbox?.add(
            .settle(
                Settlement(
                    id: job.id, recipients: job.message.recipients, cycles: job.message.cycles, attempt: attempt)))
    }

    /// Takes back the mark of a running attempt that has not begun, or came to nothing through no fault of the
    /// upstream.
    func closeAttempt(of message: SpooledMessage) {
        outbox?.add(
            .settle(
                Settlement(id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: nil)))
    }

    func returnUntried(_ job: DeliveryJob) {
        closeAttempt(of: job.message)
        putBack(job)
    }
}
