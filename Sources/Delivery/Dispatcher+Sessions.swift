internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Opens sessions, gives them messages, and hears what becomes of both.
extension Dispatcher: UpstreamSessionOwner {
    // MARK: - Connections

    func connect(_ upstream: Upstream) {
        let session = UpstreamSession(
            hostname: settings.hostname, upstream: upstream.index, access: upstream.pool.access,
            limits: upstream.pool.limits, owner: self, spool: spool
        ) { [eventLoop] in eventLoop.instant }
        let patience = canLeave(upstream) ? upstream.settings.patience : .seconds(3600)
        let timeout = min(upstream.settings.connectTimeout, patience)
        let bound = NIOLoopBound((self, upstream, session), eventLoop: eventLoop)
        connector.connect(
            to: upstream.settings, timeout: .nanoseconds(timeout.wholeMilliseconds * 1_000_000), handler: session,
            on: eventLoop
        ).whenComplete { result in
            let (dispatcher, upstream, session) = bound.value
            dispatcher.connectionEnded(upstream, session, result.mapError { $0 as any Error })
        }
    }

    private func connectionEnded(
        _ upstream: Upstream, _ session: UpstreamSession, _ result: Result<any Channel, any Error>
    ) {
        switch result {
        case .success where session.hasEnded:
            upstream.pool.connectFailed()
        case .success:
            upstream.pool.connected(session)
            if isStopping { session.end(.stopping) }
        case .failure(let error):
            upstream.pool.connectFailed()
            // A failure within the connection, such as TLS, has already been counted under its own name.
            if !session.hasEnded {
                let failure = SessionFailure(.unreachable(ConnectError.sentence(for: error)), at: .connect)
                run(upstream.blamed(for: failure, began: session.began), of: upstream)
            }
            if !upstream.pool.hasWorkingSession { evacuate(upstream) }
        }
        pump()
    }

    /// Moves all messages waiting for sessions of an unavailable upstream to the next one.
    ///
    /// - Parameters:
    ///   - reason: if different from the upstream's last error.
    ///   - all: whether to include those that no other upstream may accept now.
    func evacuate(_ upstream: Upstream, reason: String? = nil, all: Bool = true) {
        for job in upstream.pool.removePending(where: { all || upstreams.hasAlternative(to: upstream, for: $0) }) {
            endTrialWithoutVerdict(job, of: upstream)
            job.cycle.unreachable(upstream.index, reason ?? upstream.record.lastError ?? "it takes no mail now")
            guard let next = redirect(job) else { continue }
            reporter.moved(
                job.cycle.pendingAddresses, of: job, from: upstream, to: next, phase: "connect",
                reply: job.cycle.lastReason)
        }
    }

    // MARK: - Messages for them

    func serve(_ upstream: Upstream) {
        guard !isStopping, pausedUntil == nil else { return }
        upstream.pool.serve(share: upstream.circuit.share) { session, job in start(job, in: session, of: upstream) }
    }

    private func start(_ job: DeliveryJob, in session: UpstreamSession, of upstream: Upstream) {
        let transaction = TransactionPlan(
            job.message, job.pending, by: session.offer(of: upstream.name), &domains)
        if !transaction.refusals.isEmpty { leaveOut(transaction.refusals, of: job, session, upstream) }
        guard !transaction.taken.isEmpty else {
            endTrialWithoutVerdict(job, of: upstream)
            run(job.cycle.passedOver(at: upstream.index, facts), job, from: upstream)
            return
        }
        job.isRecorded = isOpen(job, transaction.taken, at: upstream)
        job.cycle.transactionStarted(at: upstream.index, taken: transaction.taken, later: transaction.rest)
        job.attemptBegan = clock.instant
        job.attemptBeganAt = clock.now()
        job.contentIsAwaited = false
        job.tls = session.tlsSummary
        if !job.isRecorded { ledger.begin(job, at: upstream) }
        job.session = session
        session.start(job, transaction, now: job.attemptBegan)
    }

    /// Recipients that the session cannot carry go elsewhere. An old session may know outdated capabilities of the
    /// server: the next message finds out.
    private func leaveOut(
        _ refusals: [TransactionPlan.Refusal], of job: DeliveryJob, _ session: UpstreamSession, _ upstream: Upstream
    ) {
        let news = job.cycle.cannotCarry(
            refusals, at: upstream.index, sessionBegan: clock.timestamp(of: session.began), facts)
        for news in news { tell(news, of: job, from: upstream) }
        if session.isIdle, clock.instant - session.began >= Self.sessionAge { upstream.pool.quit(session) }
    }

    /// Whether the message was committed with exactly this attempt open.
    private func isOpen(_ job: DeliveryJob, _ recipients: [Int], at upstream: Upstream) -> Bool {
        guard let open = job.message.openAttempt else { return false }
        return open.upstream == upstream.name && open.recipients == recipients
    }

    // MARK: - What they say

    func sessionReady(_ session: UpstreamSession) {
        let upstream = upstreams[session.upstream]
        upstream.pool.becameReady(session)
        quitIfDone(session, of: upstream)
        pumpSoon()
    }

    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob) {
        if job.isRecorded {
            session.sendContent(of: job)
        } else {
            job.contentIsAwaited = true
        }
    }

    func session(
        _ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult, took: Duration
    ) {
        let upstream = upstreams[session.upstream]
        upstream.pool.finishedJob(session)
        finished(job, at: upstream, result, took: took)
        quitIfDone(session, of: upstream)
        pumpSoon()
    }

    private func quitIfDone(_ session: UpstreamSession, of upstream: Upstream) {
        upstream.pool.quitIfDone(session, isWanted: upstream.adminOverride.state != .disabled)
    }

    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError) {
        endTrialWithoutVerdict(job)
        ledger.settle(job.message)
        // Corrupt content is on hold by now; content that could not be read may be readable later.
        if error.code == .corrupt {
            queue.forget(job.id)
        } else {
            queue.schedule(job.id, due: clock.now() + .seconds(30), priority: job.message.priority)
        }
    }

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        let upstream = upstreams[session.upstream]
        upstream.pool.remove(session)
        for entry in inDoubt { doubt(entry.job, refusals: entry.refusals, upstream, failure) }
        if failure.phase == .tls, failure.fault != .ours, upstream.pool.access.handshakeFailed(now: clock.instant) {
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
            // A session that ends before it did any work, although there was some, counts as a failure too: otherwise
            // sessions would be opened as fast as they are closed.
            let wasOfUse = session.isGreeted && (session.started > 0 || upstream.pool.pending.isEmpty)
            sessionFailed(session, upstream, failure, jobs, isFailure: !jobs.isEmpty || !wasOfUse)
        }
    }

    private func returnUntried(_ job: DeliveryJob) {
        ledger.settle(job.message)
        putBack(job)
    }

    /// Retries on another session of the same upstream, if it still accepts mail.
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
        // No greeting: messages waiting for this session would only wait for the next failure.
        if !upstream.pool.hasWorkingSession { evacuate(upstream) }
    }
}
