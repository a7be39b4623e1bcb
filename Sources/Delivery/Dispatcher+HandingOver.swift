internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Giving messages to sessions, with their attempts on record.
extension Dispatcher {
    func serve(_ upstream: Upstream) {
        guard !isStopping, pausedUntil == nil else { return }
        upstream.pool.share = upstream.circuit.share
        upstream.pool.serve { session, job in start(job, in: session, of: upstream) }
    }

    private func start(_ job: DeliveryJob, in session: UpstreamSession, of upstream: Upstream) {
        let carriage = TransactionPlan(job.message, job.pending, by: session.offer(of: upstream.name), &domains)
        if !carriage.refusals.isEmpty { leaveOut(carriage.refusals, of: job, session, upstream) }
        guard !carriage.taken.isEmpty else {
            endTrialWithoutVerdict(job, of: upstream)
            run(job.cycle.passedOver(at: upstream.index, facts), job, from: upstream)
            return
        }
        job.isRecorded = isOpen(job, carriage.taken, at: upstream)
        job.cycle.transactionStarted(at: upstream.index, taken: carriage.taken, later: carriage.rest)
        job.attemptBegan = instant
        job.attemptBeganAt = now()
        job.contentIsAwaited = false
        job.tls = session.tlsSummary
        if !job.isRecorded { recordBeginning(of: job, at: upstream) }
        job.session = session
        session.start(job, carriage, now: job.attemptBegan)
    }

    /// Recipients that the session cannot carry go elsewhere. One that has been open for long may offer less, or more, than
    /// the server does now: the next message finds out.
    private func leaveOut(
        _ refusals: [TransactionPlan.Refusal], of job: DeliveryJob, _ session: UpstreamSession, _ upstream: Upstream
    ) {
        let news = job.cycle.cannotCarry(
            refusals, at: upstream.index, sessionBegan: clock.timestamp(of: session.began), facts)
        for news in news { tell(news, of: job, from: upstream) }
        if session.isIdle, instant - session.began >= Self.sessionAge { session.quit() }
    }

    /// Whether the message was committed with just this attempt open.
    private func isOpen(_ job: DeliveryJob, _ recipients: [Int], at upstream: Upstream) -> Bool {
        guard let open = job.message.openAttempt else { return false }
        return open.upstream == upstream.name && open.recipients == recipients
    }

    private func recordBeginning(of job: DeliveryJob, at upstream: Upstream) {
        let answers = recording[job.id]?.answers ?? 0
        recording[job.id] = (job, answers + 1)
        outbox?.add(
            .beginAttempt(
                job.id,
                OpenAttempt(upstream: upstream.name, startedAt: job.attemptBeganAt, recipients: job.pending)))
    }

    func recorded(_ id: QueueID) {
        guard let job = answered(id) else { return }
        job.isRecorded = true
        guard job.contentIsAwaited else { return }
        job.contentIsAwaited = false
        job.session?.sendContent(of: job)
    }

    /// The spool cannot write: nothing may leave whose outcome could not be recorded.
    func notRecorded(_ id: QueueID, _ error: SpoolError) {
        if pausedUntil == nil { report(.paused(error.message)) }
        pausedUntil = instant + Self.pauseLength
        guard let job = answered(id) else { return }
        job.session?.end(.attemptNotRecorded(error.message))
    }

    /// Counts an answer; the job when it was the last one for the attempt that runs now.
    private func answered(_ id: QueueID) -> DeliveryJob? {
        guard let entry = recording[id] else { return nil }
        guard entry.answers == 1 else {
            recording[id] = (entry.job, entry.answers - 1)
            return nil
        }
        recording[id] = nil
        return entry.job
    }
}
