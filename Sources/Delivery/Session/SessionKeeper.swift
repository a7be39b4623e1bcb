internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// Receives the results of sessions and of their messages, and passes them on to the parts concerned.
///
/// Confined to the delivery's event loop.
final class SessionKeeper: UpstreamSessionOwner {
    private let upstreams: UpstreamDirectory
    private let cycles: CycleRunner
    private let transactions: TransactionStarter
    private let mover: MessageMover
    private let queue: DeliveryQueue
    private let clock: DeliveryClock
    private let report: @Sendable (DeliveryEvent) -> Void
    /// Called when a session has ended; set once, by its owner.
    var ended: () -> Void = {}
    /// Called if a session may have room again; set once, by its owner.
    var hasRoom: () -> Void = {}

    init(
        upstreams: UpstreamDirectory, cycles: CycleRunner, transactions: TransactionStarter, mover: MessageMover,
        queue: DeliveryQueue, clock: DeliveryClock, report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.upstreams = upstreams
        self.cycles = cycles
        self.transactions = transactions
        self.mover = mover
        self.queue = queue
        self.clock = clock
        self.report = report
    }

    // MARK: - While it lasts

    func sessionReady(_ session: UpstreamSession) {
        let upstream = upstreams[session.upstream]
        upstream.pool.becameReady(session)
        tellHabits(of: upstream)
        quitIfDone(session, of: upstream)
        hasRoom()
    }

    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob) {
        transactions.contentWanted(of: job, by: session)
    }

    func session(_ session: UpstreamSession, wantsRecordOf job: DeliveryJob, refused: [Int]) {
        transactions.recordWanted(of: job, by: session, refused: refused)
    }

    func session(
        _ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult, took: Duration
    ) {
        let upstream = upstreams[session.upstream]
        upstream.pool.finishedJob(session, isTaken: result.dotReply?.kind == .positive)
        if session.pipelines, result.mailRefusal == nil, !session.isSettling { upstream.pool.pipelining.worked() }
        if result.mailRefusal == nil, upstream.pool.recipients.lasted(job.pending.count) {
            report(.habit(upstream: upstream.name, .recipientsPerTransaction(nil), reply: nil))
        }
        cycles.finished(job, at: upstream, result, took: took)
        tellHabits(of: upstream)
        quitIfDone(session, of: upstream)
        hasRoom()
    }

    private func quitIfDone(_ session: UpstreamSession, of upstream: Upstream) {
        upstream.pool.quitIfDone(session, isWanted: upstream.adminOverride.state != .disabled)
    }

    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError) {
        job.endTrialWithoutVerdict()
        job.settleReservation(used: 0)
        cycles.record(job)
        // Corrupt content is on hold by now; content that could not be read may be readable later.
        if error.code == .corrupt {
            queue.forget(job.id)
        } else {
            queue.schedule(job.id, due: clock.now() + .seconds(30), rank: job.rank)
        }
    }

    // MARK: - Its end

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        let upstream = upstreams[session.upstream]
        upstream.pool.remove(session)
        for job in jobs { job.settleReservation(used: 0) }
        let failure = judged(failure, session, upstream)
        if failure.fault == .nobody, session.taken > 0 {
            upstream.pool.endedByServer(session, failure.reply?.description)
        }
        if case .shortage(let reason) = failure.what { upstream.fellShort(reason) }
        for entry in inDoubt { cycles.doubt(entry.job, refusals: entry.refusals, upstream, failure) }
        if failure.phase == .tls, failure.fault != .ours, upstream.pool.access.handshakeFailed(now: clock.instant) {
            report(.tlsFailed(upstream: upstream.name, reason: failure.reason))
        } else {
            if failure.fault == .pipelining { suspendPipelining(with: upstream, failure) }
            settle(session, upstream, failure, jobs, isBehindDoubt: !inDoubt.isEmpty)
        }
        tellHabits(of: upstream)
        ended()
    }

    /// Whether the upstream has failed, or has had enough of a session that worked, or of the recipients in it.
    private func judged(_ failure: SessionFailure, _ session: UpstreamSession, _ upstream: Upstream) -> SessionFailure {
        if failure.fault != .spent, upstream.hasUsedUp(failure) {
            upstream.note(phase: failure.phase.rawValue, failure.reason, .usedUp)
            return failure.blaming(.nobody)
        }
        guard case .recipients(let answered, let count) = failure.fault else { return failure }
        guard upstream.mayLimitRecipients(failure) else { return failure.blaming(.upstream) }
        guard answered > 0, count > 1 else {
            // It may count them by session.
            let isLimit = session.completed > 0 && upstream.pool.recipients.learned != nil
            return isLimit ? failure : failure.blaming(.upstream)
        }
        upstream.note(phase: failure.phase.rawValue, failure.reason, Verdict(.recipient, .nextTransaction))
        if upstream.pool.recipients.cut(after: answered, of: count, now: clock.instant) {
            let limit = upstream.pool.recipients.learned
            report(.habit(upstream: upstream.name, .recipientsPerTransaction(limit), reply: failure.reason))
        }
        return failure
    }

    private func suspendPipelining(with upstream: Upstream, _ failure: SessionFailure) {
        upstream.note(phase: failure.phase.rawValue, failure.reason, Verdict(.transport, .retryLater))
        guard upstream.pool.pipelining.fellSilent(now: clock.instant) else { return }
        report(.habit(upstream: upstream.name, .dropsPipelinedCommands, reply: failure.reason))
    }

    func session(_ session: UpstreamSession, triesAnotherMechanism reason: String) {
        let upstream = upstreams[session.upstream]
        upstream.note(phase: ClientPhase.auth.rawValue, reason, Verdict(.account, .retryLater))
        report(.habit(upstream: upstream.name, .refusesMechanism, reply: reason))
    }

    private func settle(
        _ session: UpstreamSession, _ upstream: Upstream, _ failure: SessionFailure, _ jobs: [DeliveryJob],
        isBehindDoubt: Bool
    ) {
        // What the session waited for concerns the first message in it; the others were at their beginning.
        let first = isBehindDoubt || failure.isBehindResult ? nil : jobs.first
        let ending = SessionEnding(
            failure, isGreeted: session.isGreeted, started: session.started, isWanted: upstream.pool.pendingCount > 0,
            isCrowd: isCrowd(session, upstream, failure))
        var leaving: [DeliveryJob] = []
        switch ending.fate {
        case .untried: for job in jobs { returnUntried(job) }
        // In reverse, since each goes ahead of those that wait.
        case .newSession: for job in jobs.reversed() { tryAgain(job, at: upstream, inNewSession: true) }
        case .anotherSession: for job in jobs.reversed() { tryAgain(job, at: upstream, inNewSession: false) }
        case .moveOnOrNewSession:
            leaving = jobs.filter { upstreams.hasAlternative(to: upstream, for: $0) }
            for job in jobs.reversed() where !leaving.contains(where: { $0 === job }) {
                tryAgain(job, at: upstream, inNewSession: true)
            }
        case .moveOn: leaving = jobs
        }
        if ending.isFailure(losesMail: !leaving.isEmpty) {
            failed(session, upstream, failure, leaving, first: first)
        } else {
            moveOn(leaving, from: upstream, failure, first: first)
        }
    }

    private func tryAgain(_ job: DeliveryJob, at upstream: Upstream, inNewSession: Bool) {
        transactions.closeHeld(job)
        mover.tryAgain(job, at: upstream, inNewSession: inNewSession)
    }

    private func returnUntried(_ job: DeliveryJob) {
        cycles.record(job)
        mover.putBack(job)
    }

    /// Whether the upstream has refused the session for being one too many, and goes on with fewer.
    private func isCrowd(_ session: UpstreamSession, _ upstream: Upstream, _ failure: SessionFailure) -> Bool {
        guard let reply = failure.reply, upstream.wantsFewerSessions(failure) else { return false }
        // The same reply was the answer to a message, and has had its effect.
        guard failure.fault != .spent else { return true }
        upstream.note(phase: failure.phase.rawValue, failure.reason, .crowded)
        return upstream.pool.refused(session, reply.description)
    }

    private func tellHabits(of upstream: Upstream) {
        guard let (habit, reply) = upstream.pool.takeNews() else { return }
        report(.habit(upstream: upstream.name, habit, reply: reply))
    }

    private func failed(
        _ session: UpstreamSession, _ upstream: Upstream, _ failure: SessionFailure, _ jobs: [DeliveryJob],
        first: DeliveryJob?
    ) {
        let began = jobs.first?.attemptBegan ?? session.began
        upstream.pool.failed(session, failure)
        mover.run(upstream.blamed(for: failure, began: began), of: upstream)
        moveOn(jobs, from: upstream, failure, first: first)
        // No greeting: messages waiting for this session would only meet the next failure.
        if !upstream.pool.hasWorkingSession { mover.evacuate(upstream, reason: failure.summary, at: failure.phase) }
    }

    /// - Parameter first: the message that the failure's phase is about; nil if none of them.
    private func moveOn(
        _ jobs: [DeliveryJob], from upstream: Upstream, _ failure: SessionFailure, first: DeliveryJob?
    ) {
        for job in jobs {
            let phase = job === first ? failure.phase : .mail
            cycles.moveOn(job, from: upstream, phase: phase.rawValue, reply: failure.reason)
        }
    }
}
