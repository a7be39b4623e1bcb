internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// What becomes of sessions.
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
        let upstream = upstreams[session.upstream]
        apply(result, to: job, from: upstream)
        quitIfUsedUp(session)
        pumpSoon()
    }

    private func quitIfUsedUp(_ session: UpstreamSession) {
        let upstream = upstreams[session.upstream]
        let isWanted = upstream.adminOverride.state != .disabled && !upstream.pool.isUsedUp(session)
        if !isWanted, session.isIdle { session.quit() }
    }

    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError) {
        endTrialWithoutVerdict(job)
        closeAttempt(of: job.message)
        // Content that is corrupt is on hold by now; what could not be read may be readable later.
        if error.code == .corrupt {
            queue.forget(job.id)
        } else {
            queue.schedule(job.id, due: now() + .seconds(30), priority: job.message.priority)
        }
    }

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        let upstream = upstreams[session.upstream]
        upstream.pool.remove(session)
        for entry in inDoubt { doubt(entry.job, refusals: entry.refusals, upstream, failure) }
        if failure.phase == .tls, failure.fault != .ours, upstream.pool.access.handshakeFailed(now: instant) {
            report(.tlsFailed(upstream: upstream.name, reason: failure.reason))
        } else {
            settle(session, upstream, failure, jobs)
        }
        pump()
    }

    private func settle(
        _ session: UpstreamSession, _ upstream: Upstream, _ failure: SessionFailure, _ jobs: [DeliveryJob]
    ) {
        switch failure.fault {
        case .ours:
            for job in jobs { returnUntried(job) }
        case .nobody:
            let (again, failed) = (jobs.filter { !$0.hasMetStaleSession }, jobs.filter(\.hasMetStaleSession))
            for job in again {
                job.hasMetStaleSession = true
                tryAgain(job, upstream)
            }
            sessionFailed(session, upstream, failure, failed)
        case .account:
            sessionFailed(session, upstream, failure, jobs, isFailure: true)
        case .upstream:
            // One that ends before it had anything to do, while there is something, has come to nothing too: without a
            // count of such, sessions would be opened as fast as they are closed.
            let wasOfUse = session.isGreeted && (session.started > 0 || upstream.pool.pending.isEmpty)
            sessionFailed(session, upstream, failure, jobs, isFailure: !jobs.isEmpty || !wasOfUse)
        }
    }

    /// The same upstream once more, on another session, where it still takes mail.
    private func tryAgain(_ job: DeliveryJob, _ upstream: Upstream) {
        if upstream.isEnabled, upstream.isWorking || job.trialOf == upstream.index {
            hand(job, to: upstream)
        } else {
            endTrialWithoutVerdict(job, of: upstream)
            job.cycle.unreachable(upstream.index)
            redirect(job)
        }
    }

    private func sessionFailed(
        _ session: UpstreamSession, _ upstream: Upstream, _ failure: SessionFailure, _ jobs: [DeliveryJob],
        isFailure: Bool? = nil
    ) {
        guard isFailure ?? !jobs.isEmpty else { return }
        let began = jobs.first?.attemptBegan ?? session.began
        run(upstream.blamed(for: failure, began: began), of: upstream)
        for job in jobs {
            moveOn(job, from: upstream, phase: failure.phase.rawValue, reply: failure.reason)
        }
        // Greeted by nobody: those that wait for this session would wait for the next one that fails.
        if !upstream.pool.hasWorkingSession { evacuate(upstream) }
    }
}
