internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

extension Dispatcher: UpstreamSessionOwner {
    func sessionReady(_ session: UpstreamSession) {
        quitIfUsedUp(session)
        pumpSoon()
    }

    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob) {
        if job.isRecorded {
            session.sendContent(of: job)
        } else {
            job.contentIsAwaited = true
        }
    }

    func session(_ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult) {
        let pool = pools[session.upstream]
        apply(result, to: job, from: pool)
        quitIfUsedUp(session)
        pumpSoon()
    }

    private func quitIfUsedUp(_ session: UpstreamSession) {
        if pools[session.upstream].isUsedUp(session), session.isIdle { session.quit() }
    }

    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError) {
        endTrialWithoutVerdict(job)
        closeAttempt(of: job.message)
        // Content that is corrupt is on hold by now; what could not be read may be readable later.
        if error.code != .corrupt {
            waiting.add(job.id, due: now() + .seconds(30), priority: job.message.priority)
        }
    }

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        let pool = pools[session.upstream]
        pool.remove(session)
        for entry in inDoubt { doubt(entry.job, refusals: entry.refusals, pool, failure) }
        if failure.phase == .tls, !failure.isOurs, pool.access.handshakeFailed(now: moment) {
            report(.tlsFailed(upstream: pool.settings.name, reason: failure.reason))
        } else if failure.isOurs {
            for job in jobs { returnUntried(job) }
        } else if failure.isStale {
            let (again, failed) = (jobs.filter { !$0.hasMetStaleSession }, jobs.filter(\.hasMetStaleSession))
            for job in again {
                job.hasMetStaleSession = true
                pool.add(job)
            }
            sessionFailed(pool, failure, failed)
        } else {
            // One that ends before it had anything to do, while there is something, has come to nothing too: without a
            // count of such, sessions would be opened as fast as they are closed.
            let wasOfUse = session.isGreeted && (session.started > 0 || pool.pending.isEmpty)
            sessionFailed(pool, failure, jobs, isFailure: !jobs.isEmpty || !wasOfUse || failure.opensCircuit)
        }
        pump()
    }

    private func sessionFailed(
        _ pool: UpstreamPool, _ failure: SessionFailure, _ jobs: [DeliveryJob], isFailure: Bool? = nil
    ) {
        guard isFailure ?? !jobs.isEmpty else { return }
        upstreamFailed(pool, phase: failure.phase, reason: failure.reason, opensCircuit: failure.opensCircuit)
        for job in jobs {
            moveOn(job, from: pool, phase: failure.phase.rawValue, reply: failure.reason)
        }
        // Greeted by nobody: those that wait for this session would wait for the next one that fails.
        if !pool.hasWorkingSession { evacuate(pool) }
    }

    // MARK: - Circuits

    /// - Parameter opensCircuit: whether the circuit opens because of this alone.
    func upstreamFailed(_ pool: UpstreamPool, phase: ClientPhase, reason: String, opensCircuit: Bool = false) {
        pool.status.lastError = "\(phase.rawValue): \(reason)"
        pool.status.failedTotal += 1
        let transition = circuits[pool.index].failed(
            now: moment, jitter: jitter(), opensCircuit ? .account : .transport)
        guard let transition else { return }
        changed(pool, transition, cause: pool.status.lastError ?? reason)
        evacuate(pool)
    }

    func upstreamWorked(_ pool: UpstreamPool, _ job: DeliveryJob) {
        let isTrial = job.trialOf == pool.index
        job.trialOf = nil
        guard let transition = circuits[pool.index].succeeded(now: moment, isTrial: isTrial) else { return }
        changed(pool, transition, cause: "a message went through")
        waiting.releaseStranded()
    }

    private func changed(_ pool: UpstreamPool, _ transition: Circuit.Transition, cause: String) {
        pool.status.since = now()
        report(
            .circuit(
                upstream: pool.settings.name, from: transition.from, to: transition.to, share: transition.share,
                cause: cause, until: nil))
    }

    // MARK: - Results

    private func apply(_ result: TransactionResult, to job: DeliveryJob, from pool: UpstreamPool) {
        if let reply = result.dotReply, reply.kind == .positive, result.recipientRefusals.isEmpty {
            deliveredWhole(job, pool, reply)
            return
        }
        let ended = now()
        var verdicts: [(recipient: Int, verdict: Verdict?, reply: Reply, phase: OutcomePhase)] = []
        for (position, recipient) in job.pending.enumerated() {
            let (phase, reply) = answer(in: result, at: position)
            let verdict = phase == .dot && reply.kind == .positive ? nil : OutcomeRules.verdict(reply, at: phase)
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
        judge(pool, by: verdicts.compactMap(\.verdict), anyTaken: verdicts.contains { $0.verdict == nil }, job, result)
        if common != nil { job.gather() }
        let decisive = verdicts.first { $0.verdict != nil } ?? verdicts[0]
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: ended, recipients: startedWith,
            outcome: Self.outcome(decisive.verdict), phase: decisive.phase.rawValue,
            reply: decisive.reply.description, tls: job.tls)
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
        report(
            .delivered(
                job.id, recipients: job.pendingAddresses, upstream: pool.settings.name, reply: reply.description,
                took: took, delay: now() - job.message.receivedAt, tls: job.tls))
        upstreamWorked(pool, job)
        if job.pending.count == job.message.recipients.count {
            outbox?.add(.remove(job.id))
            return
        }
        let delivered = job.pending
        job.pending = []
        for index in delivered { take(index, of: job, pool, reply) }
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: now(), recipients: delivered,
            outcome: .delivered, phase: OutcomePhase.dot.rawValue, reply: reply.description, tls: job.tls)
        continueCycle(job, pool, attempt)
    }

    private func take(_ index: Int, of job: DeliveryJob, _ pool: UpstreamPool, _ reply: Reply) {
        job.message.recipients[index].state = .delivered
        job.message.recipients[index].attempts += 1
        job.message.recipients[index].nextAttemptAt = nil
        job.message.recipients[index].upstream = pool.settings.name
        job.message.recipients[index].lastReply = reply.description
    }

    private func record(
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
    private func deferRecipient(_ index: Int, of job: DeliveryJob) {
        guard let doubt = job.doubts[index] else {
            job.message.recipients[index].state = .deferred
            return
        }
        job.message.recipients[index].state = .inDoubt
        job.message.recipients[index].upstream = doubt.upstream
        job.message.recipients[index].nextAttemptAt = doubt.nextAttemptAt
    }

    private func reportVerdicts(
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

    /// Tells the circuit what a transaction says of the upstream.
    private func judge(
        _ pool: UpstreamPool, by verdicts: [Verdict], anyTaken: Bool, _ job: DeliveryJob, _ result: TransactionResult
    ) {
        if !anyTaken, verdicts.contains(where: \.countsAgainstCircuit) {
            job.trialOf = nil
            let reply = result.mailRefusal ?? result.dataRefusal
            upstreamFailed(pool, phase: result.mailRefusal == nil ? .data : .mail, reason: reply?.description ?? "")
        } else {
            if anyTaken { pool.latencies.add(moment - job.attemptBegan) }
            upstreamWorked(pool, job)
        }
    }

    // MARK: - The rest of the cycle

    /// After an attempt: the rest of the recipients go to the next upstream, or the cycle is over.
    private func continueCycle(_ job: DeliveryJob, _ pool: UpstreamPool, _ attempt: AttemptRecord) {
        guard job.rest.isEmpty || isStopping || pausedUntil != nil else {
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
            outcome: .deferred, phase: phase, reply: reply, tls: job.tls)
        job.gather()
        continueCycle(job, pool, attempt)
    }

    /// Recipients that a server cannot be asked to take: the next upstream is to have them. Where none can, the reason
    /// stands as the reply.
    func refuseUnsent(_ refusals: [Carriage.Refusal], of job: DeliveryJob, _ pool: UpstreamPool) {
        let candidates = job.candidates ?? Array(pools.indices)
        for refusal in refusals {
            let index = refusal.recipient
            job.incapable[index, default: UpstreamSet()].insert(pool.index)
            let isLeft = candidates.contains { !(job.incapable[index]?.contains($0) ?? false) }
            if isLeft, !refusal.isFinal {
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
    private func doubt(
        _ job: DeliveryJob, refusals: [TransactionResult.Refusal], _ pool: UpstreamPool, _ failure: SessionFailure
    ) {
        job.trialOf = nil
        let since = now()
        let asked = job.pending
        let refused = refusals.map { (recipient: asked[$0.recipient], reply: $0.reply) }
        job.pending = []
        for entry in refused {
            let verdict = OutcomeRules.verdict(entry.reply, at: .rcpt)
            record(verdict, entry.reply, for: entry.recipient, of: job, from: pool)
            reportVerdicts([(entry.recipient, verdict, entry.reply, .rcpt)], job, pool)
        }
        // What another upstream could still do for those, or for who was to follow, waits for the schedule: the cycle ends
        // here.
        job.postponed += job.pending + job.rest + job.leftOver
        job.rest = []
        job.leftOver = []
        job.pending = asked.filter { index in !refused.contains { $0.recipient == index } }
        for index in job.pending {
            job.message.recipients[index].state = .inDoubt
            job.message.recipients[index].attempts += 1
            job.message.recipients[index].nextAttemptAt = since
            job.message.recipients[index].upstream = pool.settings.name
            job.message.recipients[index].lastReply = failure.reason
        }
        report(
            .inDoubt(
                job.id, recipients: job.pendingAddresses, upstream: pool.settings.name, error: failure.reason,
                policy: pool.settings.inDoubt.rawValue, holdUntil: since + pool.settings.inDoubtHold))
        upstreamFailed(pool, phase: .dot, reason: failure.reason)
        let attempt = AttemptRecord(
            upstream: pool.settings.name, startedAt: job.attemptBeganAt, endedAt: since, recipients: job.pending,
            outcome: .inDoubt, phase: ClientPhase.dot.rawValue, reply: failure.reason,
            tls: job.tls)
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
            job.message.recipients[index].nextAttemptAt = plan.deferral(of: job.message.recipients[index], until: due)
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

    private func settle(_ job: DeliveryJob, _ attempt: AttemptRecord?) {
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

    private func returnUntried(_ job: DeliveryJob) {
        closeAttempt(of: job.message)
        putBack(job)
    }
}
