internal import Mail
internal import Spool
internal import Upstreams

/// Gives messages to sessions: plans each transaction, has the attempt recorded, and writes down when it began.
///
/// Confined to the delivery's event loop.
final class TransactionStarter {
    /// Age at which a session's knowledge of the server's capabilities may be outdated.
    private static let sessionAge = Duration.seconds(30)

    private let ledger: AttemptLedger
    private let cycles: CycleRunner
    private let mover: MessageMover
    private let upstreams: UpstreamDirectory
    private let quotas: QuotaBook
    private let clock: DeliveryClock
    private let paces: PaceGate
    private var domains = DomainsInASCII()

    init(
        ledger: AttemptLedger, cycles: CycleRunner, mover: MessageMover, upstreams: UpstreamDirectory,
        quotas: QuotaBook, clock: DeliveryClock, paces: PaceGate
    ) {
        self.paces = paces
        self.ledger = ledger
        self.cycles = cycles
        self.mover = mover
        self.upstreams = upstreams
        self.quotas = quotas
        self.clock = clock
    }

    /// Gives waiting messages to the upstream's sessions, and opens more if needed.
    func serve(_ upstream: Upstream) {
        upstream.pool.serve(share: upstream.circuit.share) { session, job in start(job, in: session, of: upstream) }
    }

    private func start(_ job: DeliveryJob, in session: UpstreamSession, of upstream: Upstream) {
        var limit = upstream.pool.recipients.value(now: clock.instant)
        if let room = upstream.quotaRoom {
            guard room > 0 else { return turnAway(job, from: upstream) }
            if room < job.pending.count { limit = min(limit ?? room, room) }
        }
        let added = AddedHeader(job.message, route: job.cycle.terms.headers, upstream: upstream.settings.headers)
        var offer = session.offer(of: upstream.name, recipients: limit)
        offer.sender = upstream.settings.sender
        let transaction = TransactionPlan(job.message, job.pending, by: offer, adding: added, &domains)
        if !transaction.refusals.isEmpty { leaveOut(transaction.refusals, of: job, session, upstream) }
        guard !transaction.taken.isEmpty else { return cycles.passedOver(job, by: upstream) }
        job.isRecorded = isOpen(job, transaction.taken, at: upstream)
        job.cycle.transactionStarted(at: upstream.index, taken: transaction.taken, later: transaction.rest)
        job.attemptBegan = clock.instant
        paces.began(job)
        let now = clock.now()
        job.attemptBeganAt = clock.wall(of: now)
        if !job.hasBegun { measureWait(of: job, at: now) }
        job.contentIsAwaited = false
        job.tls = session.tlsSummary
        // What the server reports goes to the sender that it is told.
        job.isReportedOn = session.offersDSN && offer.sender == nil
        if ledger.recordsAtDots {
            ledger.forgetAttempts(of: job.id)
            job.isEndHeld = false
        } else if !job.isRecorded {
            ledger.begin(job, at: upstream, now, job.pending)
        }
        if upstream.quota != nil { reserve(job, at: upstream) }
        if session.isIdle, session.offersPipelining { session.setPipelining(upstream.usesPipelining(in: session)) }
        job.session = session
        session.start(job, transaction, now: job.attemptBegan)
        if job.isProbe { cycles.began(job) }
    }

    // MARK: - Quotas

    /// Its quotas have been used up since the message was lined up: it waits, or goes to the next one, as if it had never
    /// been there.
    private func turnAway(_ job: DeliveryJob, from upstream: Upstream) {
        job.endTrialWithoutVerdict(of: upstream)
        // An attempt in a session that has ended is on record, and must not stay open while the message waits.
        if job.hasBegun { cycles.record(job) }
        if job.cycle.tried.isEmpty { mover.putBack(job) } else { mover.redirect(job) }
        mover.moved()
    }

    private func reserve(_ job: DeliveryJob, at upstream: Upstream) {
        job.settleReservation(used: 0)
        job.reservation = upstream.reserveQuota(job.pending.count)
        quotas.look(at: upstreams.all)
    }

    /// What an upstream has been given is durable, or is not.
    ///
    /// - Parameter failure: why not.
    func quotaRecorded(of upstream: Upstream, failure: String?) {
        var waiting: [DeliveryJob] = []
        for session in upstream.pool.sessions {
            session.forEachJob { if $0.contentIsAwaited, mayStream($0) { waiting.append($0) } }
        }
        for job in waiting {
            if job.isReserved {
                sendAwaited(job)
            } else if let failure {
                job.session?.end(.attemptNotRecorded(failure))
            }
        }
    }

    // MARK: - Beginning

    /// Only the first attempt of a message ends its first wait.
    ///
    /// - Parameter now: by the steady clock.
    private func measureWait(of job: DeliveryJob, at now: Timestamp) {
        job.hasBegun = true
        guard !job.isProbe else { return }
        guard job.pending.allSatisfy({ job.message.recipients[$0].attempts == 0 }) else { return }
        upstreams.meter(of: job).wait.record(clock.wait(of: job.message, at: now))
    }

    /// An old session may know outdated capabilities of the server: the next message finds out.
    private func leaveOut(
        _ refusals: [TransactionPlan.Refusal], of job: DeliveryJob, _ session: UpstreamSession, _ upstream: Upstream
    ) {
        cycles.cannotCarry(refusals, of: job, by: upstream, session)
        if session.isIdle, clock.instant - session.began >= Self.sessionAge { upstream.pool.quit(session) }
    }

    /// Whether the message was committed with exactly this attempt open.
    private func isOpen(_ job: DeliveryJob, _ recipients: [Int], at upstream: Upstream) -> Bool {
        guard let open = job.message.openAttempt else { return false }
        return open.upstream == upstream.name && open.recipients == recipients
    }

    // MARK: - Content

    /// The server asks for the content of a message, which waits for the record of its part of quotas, and of the attempt
    /// unless that is recorded at its dot.
    func contentWanted(of job: DeliveryJob, by session: UpstreamSession) {
        if mayStream(job), job.isReserved {
            session.sendContent(of: job)
        } else {
            job.contentIsAwaited = true
        }
    }

    /// As far as the record of the attempt goes.
    private func mayStream(_ job: DeliveryJob) -> Bool { job.isRecorded || ledger.recordsAtDots }

    /// The content of a message is with the server, and what ends it waits for the record of the attempt.
    ///
    /// - Parameter refused: the recipients that the server has refused, by position in the transaction: of those there will
    ///   be no doubt.
    func recordWanted(of job: DeliveryJob, by session: UpstreamSession, refused: [Int]) {
        job.isEndHeld = true
        let recipients =
            refused.isEmpty
            ? job.pending : job.pending.indices.filter { !refused.contains($0) }.map { job.pending[$0] }
        ledger.begin(job, at: upstreams[session.upstream], clock.timestamp(of: job.attemptBegan), recipients)
    }

    /// The attempt is durable.
    func recorded(_ job: DeliveryJob) {
        job.isRecorded = true
        if job.isEndHeld {
            job.isEndHeld = false
            job.session?.endContent(of: job)
        } else if job.contentIsAwaited, job.isReserved {
            sendAwaited(job)
        }
    }

    /// The attempt is not on record, and will not be.
    func notRecorded(_ job: DeliveryJob, _ reason: String) {
        job.isEndHeld = false
        job.session?.end(.attemptNotRecorded(reason))
    }

    /// A session has ended before the final dot of a message that tries again, with nothing to record. An attempt whose
    /// record was waited for is closed: it may be on record by now, and a death would leave a doubt about what was never
    /// sent.
    func closeHeld(_ job: DeliveryJob) {
        guard job.isEndHeld else { return }
        job.isEndHeld = false
        ledger.forgetAttempts(of: job.id)
        cycles.record(job)
    }

    private func sendAwaited(_ job: DeliveryJob) {
        job.contentIsAwaited = false
        job.session?.sendContent(of: job)
    }
}
