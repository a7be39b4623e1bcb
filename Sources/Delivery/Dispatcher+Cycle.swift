internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Runs what the cycles of messages say.
extension Dispatcher {
    var facts: CycleFacts {
        CycleFacts(
            now: now(), jitter: clock.jitter(), plan: plan, enabled: upstreams.enabled, names: upstreams.names)
    }

    func attempt(of job: DeliveryJob, at upstream: Upstream) -> CycleAttempt {
        CycleAttempt(
            upstream: upstream.index, began: job.attemptBegan, startedAt: job.attemptBeganAt, tls: job.tls,
            mayStay: !isStopping && pausedUntil == nil && upstream.isWorking)
    }

    // MARK: - Actions

    /// - Parameter upstream: the one that had the message last.
    func run(_ step: CycleStep, _ job: DeliveryJob, from upstream: Upstream) {
        for news in step.ending { tell(news, of: job) }
        switch step.action {
        case .sameUpstreamAgain:
            settle(job, step.attempt)
            hand(job, to: upstream)
            pumpSoon()
        case .tryNext:
            if step.attempt != nil { settle(job, step.attempt) }
            tryNext(job, from: upstream, step.attempt)
        case .remove:
            endTrialWithoutVerdict(job)
            queue.forget(job.id)
            outbox?.add(.remove(job.id))
        case .requeue(let release):
            endTrialWithoutVerdict(job)
            settle(job, step.attempt)
            wait(job.message, release)
        }
    }

    private func tryNext(_ job: DeliveryJob, from upstream: Upstream, _ attempt: AttemptRecord?) {
        let addresses = job.cycle.pendingAddresses
        guard let next = redirect(job), let attempt else { return }
        report(
            .deferred(
                job.id, recipients: addresses, upstream: upstream.name, phase: attempt.phase, reply: attempt.reply,
                next: next, retryAt: nil, tls: attempt.tls))
    }

    /// The cycle is over, since no upstream is left that may have the message now.
    func conclude(_ job: DeliveryJob) {
        run(job.cycle.exhausted(facts), job, from: upstreams[job.cycle.lastUpstream ?? 0])
    }

    // MARK: - Events

    /// A session failed under a message before its final dot: nothing was committed there.
    func moveOn(_ job: DeliveryJob, from upstream: Upstream, phase: String, reply: String) {
        endTrialWithoutVerdict(job, of: upstream)
        let step = job.cycle.sessionLostBeforeDot(attempt(of: job, at: upstream), phase: phase, reply: reply, facts)
        run(step, job, from: upstream)
    }

    /// The connection ended after the final dot: the upstream may have taken the message.
    func doubt(
        _ job: DeliveryJob, refusals: [TransactionResult.Refusal], _ upstream: Upstream, _ failure: SessionFailure
    ) {
        _ = job.endTrial(of: upstream)
        let asked = job.pending
        let refused = refusals.map { refusal in
            RecipientAnswer(
                recipient: asked[refusal.recipient], phase: .rcpt, reply: refusal.reply,
                verdict: upstream.rules.verdict(refusal.reply, at: .rcpt, hasRecipients: true))
        }
        let step = job.cycle.sessionLostAfterDot(
            refused: refused, attempt(of: job, at: upstream), reason: failure.reason, facts)
        for news in step.news { tell(news, of: job, from: upstream, reason: failure.reason) }
        let phase = ClientPhase.dot.rawValue
        upstream.note(phase: phase, failure.reason, Verdict(.transport, .retryLater))
        self.run(upstream.failed(at: phase, failure.reason, began: job.attemptBegan), of: upstream)
        run(step, job, from: upstream)
    }

    // MARK: - News

    /// - Parameter reason: of a doubt.
    func tell(_ news: CycleStep.News, of job: DeliveryJob, from upstream: Upstream? = nil, reason: String = "") {
        switch news {
        case .delivered(let recipients, let reply):
            guard let upstream else { return }
            upstream.delivered(recipients.count, sender: job.cycle.message.tenant)
            report(
                .delivered(
                    job.id, recipients: job.cycle.addresses(of: recipients), upstream: upstream.name,
                    reply: reply, took: instant - job.attemptBegan, delay: now() - job.message.receivedAt, tls: job.tls)
            )
        case .failed(let recipients, let upstream, let phase, let reply):
            report(
                .failed(
                    job.id, recipients: job.cycle.addresses(of: recipients),
                    upstream: upstream.map { upstreams.names[$0] }, phase: phase, reply: reply))
        case .inDoubt(let recipients, let since):
            guard let upstream else { return }
            reportDoubt(about: recipients, since: since, job, upstream, reason)
        case .requeued(let recipients, let due):
            report(
                .deferred(
                    job.id, recipients: job.cycle.addresses(of: recipients),
                    upstream: job.cycle.lastUpstream.map { upstreams.names[$0] } ?? "", phase: "",
                    reply: job.message.recipients[recipients[0]].lastReply ?? job.cycle.lastReason, next: nil,
                    retryAt: due, tls: nil))
        case .judged(let opinion, let recipient, let author, let isConfirmed):
            weigh(opinion, of: job, recipient, by: author, isConfirmed: isConfirmed)
        }
    }

    private func reportDoubt(
        about recipients: [Int], since: Timestamp, _ job: DeliveryJob, _ upstream: Upstream, _ reason: String
    ) {
        let rule = recipients.first.flatMap { plan.inDoubt.rule(for: job.message.recipients[$0], of: job.message) }
        report(
            .inDoubt(
                job.id, recipients: job.cycle.addresses(of: recipients), upstream: upstream.name, error: reason,
                policy: (rule?.policy ?? upstream.settings.inDoubt).rawValue,
                holdUntil: since + (rule?.hold ?? upstream.settings.inDoubtHold)))
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
