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
    private let upstreams: UpstreamDirectory
    private let clock: DeliveryClock
    private var domains = DomainsInASCII()

    init(ledger: AttemptLedger, cycles: CycleRunner, upstreams: UpstreamDirectory, clock: DeliveryClock) {
        self.ledger = ledger
        self.cycles = cycles
        self.upstreams = upstreams
        self.clock = clock
    }

    /// Gives waiting messages to the upstream's sessions, and opens more if needed.
    func serve(_ upstream: Upstream) {
        upstream.pool.serve(share: upstream.circuit.share) { session, job in start(job, in: session, of: upstream) }
    }

    private func start(_ job: DeliveryJob, in session: UpstreamSession, of upstream: Upstream) {
        let limit = upstream.pool.recipients.value(now: clock.instant)
        let transaction = TransactionPlan(
            job.message, job.pending, by: session.offer(of: upstream.name, recipients: limit), &domains)
        if !transaction.refusals.isEmpty { leaveOut(transaction.refusals, of: job, session, upstream) }
        guard !transaction.taken.isEmpty else { return cycles.passedOver(job, by: upstream) }
        job.isRecorded = isOpen(job, transaction.taken, at: upstream)
        job.cycle.transactionStarted(at: upstream.index, taken: transaction.taken, later: transaction.rest)
        job.attemptBegan = clock.instant
        let now = clock.now()
        job.attemptBeganAt = clock.wall(of: now)
        if !job.hasBegun { measureWait(of: job, at: now) }
        job.contentIsAwaited = false
        job.tls = session.tlsSummary
        job.isReportedOn = session.offersDSN
        if !job.isRecorded { ledger.begin(job, at: upstream, now) }
        if session.isIdle, session.offersPipelining { session.setPipelining(upstream.usesPipelining(in: session)) }
        job.session = session
        session.start(job, transaction, now: job.attemptBegan)
    }

    /// Only the first attempt of a message ends its first wait.
    ///
    /// - Parameter now: by the steady clock.
    private func measureWait(of job: DeliveryJob, at now: Timestamp) {
        job.hasBegun = true
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

    /// The server asks for the content of a message, which waits for the record of the attempt.
    func contentWanted(of job: DeliveryJob, by session: UpstreamSession) {
        if job.isRecorded {
            session.sendContent(of: job)
        } else {
            job.contentIsAwaited = true
        }
    }

    /// The attempt is durable.
    func recorded(_ job: DeliveryJob) {
        job.isRecorded = true
        guard job.contentIsAwaited else { return }
        job.contentIsAwaited = false
        job.session?.sendContent(of: job)
    }
}
