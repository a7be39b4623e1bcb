internal import Dialogue
internal import Mail
internal import NIOCore
internal import OAuth
internal import SMTP
internal import Spool
internal import Upstreams

/// The centre of the delivery: makes its parts, hears the spool, the timer and operators, and sets the parts going.
///
/// Confined to one event loop; every method is called there. The way of a message:
///
/// ```
/// arrived / due ──▶ queue ──▶ line of its route   ──▶ upstream ──▶ session ──▶ result
///                      ▲  loaded, if not in memory                  │
///                      └──────── deferred ◀─────────────────────────┤ next upstream: upstream of another
///                                                                   └─ settled: spool
/// ```
///
/// | part | what it owns |
/// |---|---|
/// | ``DeliveryFlow`` | whether mail may leave |
/// | ``DeliveryQueue``, ``MessageLoader`` | where a message is; what comes into memory |
/// | ``PaceGate`` | which messages wait for the pace of a recipient's domain |
/// | ``DeadlineKeeper`` | when a waiting message expires, and when its sender gets a delay notice |
/// | ``StreamGate`` | which streams stand still, and what has become of their mail |
/// | ``UpstreamFeeder``, ``MessageMover`` | from a line to an upstream; from one upstream to the next |
/// | ``CycleRunner`` | what an event means for a message, and the step that follows |
/// | ``TransactionStarter`` | a message enters a session |
/// | ``SessionOpener``, ``SessionKeeper``, ``SilenceWatch`` | sessions begin, end, and are silent |
final class Dispatcher {
    /// Time between tries while the spool cannot record anything.
    static let pauseLength = Duration.seconds(1)
    /// Octets of content in memory above which less is loaded ahead, and fresh mail behind a backlog stays on disk only.
    static let residentOctets = 4 << 20

    let spool: any MessageSpool
    let eventLoop: any EventLoop
    let report: @Sendable (DeliveryEvent) -> Void
    let policies: DeliveryPolicies
    let clock: DeliveryClock
    /// Keeps the ages of messages for the next start.
    let saveAges: @Sendable (MessageAges) -> Void
    let timer: DeliveryTimer
    let upstreams: UpstreamDirectory
    let quotas: QuotaBook
    let tokens: TokenDesk
    let prober: Prober
    let queue: DeliveryQueue
    let paces: PaceGate
    let streams: StreamGate
    private let spoolClient: SpoolClient
    let ledger: AttemptLedger
    private let jobs: JobMaker
    private let loader: MessageLoader
    let resolver: InDoubtResolver
    let orders: QueueOrders
    let deadlines: DeadlineKeeper
    let flow: DeliveryFlow
    let mover: MessageMover
    let feeder: UpstreamFeeder
    private let cycles: CycleRunner
    private let transactions: TransactionStarter
    let opener: SessionOpener
    private let keeper: SessionKeeper
    let silence: SilenceWatch

    /// Called when the delivery has stopped; nil before it is to stop, and afterwards.
    var stopped: (() -> Void)?
    var graceEnd: Scheduled<Void>?
    private var isPumping = false
    private var isPumpDue = false
    /// The upstream that fresh messages are committed for.
    var expected: Int?

    init(
        settings: DeliverySettings, spool: any MessageSpool, eventLoop: any EventLoop, connector: any UpstreamConnector,
        work: any SlowWork = ThreadPoolWork(), tokens: any TokenSource = NoTokenSource(),
        random: any RandomNumberGenerator = SplitMix64(), overrides: [String: AdminOverride] = [:],
        saveOverrides: @escaping @Sendable ([String: AdminOverride]) -> Void = { _ in },
        quotas keeping: QuotaKeeping = .none,
        streams: StreamMemory = StreamMemory(), saveStreams: @escaping @Sendable (StreamMemory) -> Void = { _ in },
        lead: @escaping @Sendable () -> Duration = { .zero }, ages: MessageAges? = nil,
        saveAges: @escaping @Sendable (MessageAges) -> Void = { _ in },
        suppression: DeliverySuppression = .none, guardian: DeliveryGuard = .none, traces: TraceHub = .unused,
        meters: DeliveryMeters = .unused,
        now: @escaping @Sendable () -> Timestamp,
        probes: @escaping @Sendable (ProbeNews) -> Void = { _ in },
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.spool = spool
        self.eventLoop = eventLoop
        self.report = report
        self.policies = DeliveryPolicies(settings, suppression: suppression, guardian: guardian, spool: spool)
        let clock = DeliveryClock(
            eventLoop: eventLoop, random: random, lead: lead, ages: ages, after: spool.makeQueueID(at: now()), now: now)
        self.clock = clock
        self.saveAges = saveAges
        let quotas = QuotaBook(keeping, clock: clock, report: report)
        self.quotas = quotas
        self.tokens = TokenDesk(tokens, clock: clock, report: report)
        self.upstreams = UpstreamDirectory(
            settings, work: work, tokens: self.tokens, overrides: overrides, known: streams.upstreams,
            saveOverrides: saveOverrides, quotas: quotas, clock: clock, meters: meters, report: report)
        let means = ConnectionAttempt.Means(
            hostname: settings.hostname, connector: connector, spool: spool, clock: clock, traces: traces,
            report: report)
        self.prober = Prober(timeout: settings.health.timeout, means: means, upstreams: upstreams)
        self.queue = DeliveryQueue(
            routeCount: upstreams.routes.routes.count, deadlines: policies.plan.deadlineRules(clock))
        self.queue.replace(settings.priority)
        self.paces = PaceGate(queue: queue, policies: policies, clock: clock, report: report)
        self.streams = StreamGate(
            settings.streams, streams, queue: queue, upstreams: upstreams, clock: clock, report: report,
            save: saveStreams)
        self.spoolClient = SpoolClient(spool: spool, eventLoop: eventLoop)
        self.ledger = AttemptLedger(spoolClient)
        self.timer = DeliveryTimer(clock: clock)
        self.jobs = JobMaker(
            policies: policies, upstreams: upstreams, streams: self.streams, clock: clock, paces: paces)
        self.loader = MessageLoader(
            queue: queue, ledger: ledger, jobs: jobs, streams: self.streams, policies: policies, clock: clock,
            paces: paces)
        let reporter = CycleReporter(
            clock: clock, policies: policies, upstreams: upstreams, report: report, probes: probes)
        self.resolver = InDoubtResolver(
            queue: queue, ledger: ledger, upstreams: upstreams, policies: policies, clock: clock, report: report)
        self.orders = QueueOrders(
            queue: queue, ledger: ledger, policies: policies, clock: clock, reporter: reporter)
        self.flow = DeliveryFlow()
        self.deadlines = DeadlineKeeper(
            queue: queue, ledger: ledger, upstreams: upstreams, streams: self.streams, policies: policies, clock: clock,
            reporter: reporter)
        self.mover = MessageMover(
            queue: queue, upstreams: upstreams, ledger: ledger, jobs: jobs, streams: self.streams, orders: orders,
            reporter: reporter, flow: flow)
        self.feeder = UpstreamFeeder(
            queue: queue, upstreams: upstreams, ledger: ledger, mover: mover, policies: policies, clock: clock,
            paces: paces)
        self.cycles = CycleRunner(
            upstreams: upstreams, streams: self.streams, queue: queue, ledger: ledger, mover: mover,
            reporter: reporter, flow: flow, policies: policies, clock: clock, paces: paces)
        self.transactions = TransactionStarter(
            ledger: ledger, cycles: cycles, mover: mover, upstreams: upstreams, quotas: quotas, clock: clock,
            paces: paces)
        self.opener = SessionOpener(means, upstreams: upstreams, mover: mover, flow: flow)
        self.keeper = SessionKeeper(
            upstreams: upstreams, cycles: cycles, transactions: transactions, mover: mover, queue: queue,
            clock: clock, report: report)
        self.silence = SilenceWatch(upstreams: upstreams, cycles: cycles, mover: mover, clock: clock)
        connectParts()
    }

    private func connectParts() {
        timer.fired = { [weak self] in self?.ticked() }
        loader.loaded = { [weak self] in self?.pump() }
        resolver.changed = { [weak self] in self?.pump() }
        streams.changed = { [weak self] in self?.pumpSoon() }
        deadlines.changed = { [weak self] in self?.pumpSoon() }
        orders.changed = { [weak self] in self?.pumpSoon() }
        orders.took = { [weak streams] in streams?.taken($0) }
        prober.concluded = { [weak self] upstream, effects in
            self?.mover.run(effects, of: upstream)
            self?.pumpSoon()
        }
        mover.exhausted = { [weak cycles] in cycles?.conclude($0) }
        mover.admits = { [weak cycles] in cycles?.screen($0) ?? true }
        mover.records = { [weak cycles] in cycles?.record($0) }
        mover.moved = { [weak self] in self?.pumpSoon() }
        opener.owner = keeper
        // A session that already accepts mail is in the midst of its replies.
        opener.concluded = { [weak self] in self?.pumpSoon() }
        keeper.ended = { [weak self] in self?.pump() }
        keeper.hasRoom = { [weak self] in self?.pumpSoon() }
        quotas.concluded = { [weak transactions] in transactions?.quotaRecorded(of: $0, failure: $1) }
        quotas.retry = { [weak self] in self?.pumpSoon() }
        let connect: (Upstream) -> Void = { [weak opener] upstream in
            upstream.pool.connect = { [weak opener, unowned upstream] _ in opener?.open(upstream) }
        }
        upstreams.added = connect
        tokens.returned = { [weak self] in self?.tokenReturned(to: $0) }
        for upstream in upstreams.all { connect(upstream) }
    }

    var plan: RetryPlan { policies.plan }

    // MARK: - From the spool

    /// Opens the spool's port for commits from now on.
    func open() {
        spoolClient.open(arrivals: true) { [weak self] in self?.completed($0) }
    }

    /// Queues everything the spool held at the start.
    func restore(_ messages: [ScheduledMessage]) {
        let now = clock.now()
        for message in messages {
            let deadline = plan.deadline(of: message, clock.ages, at: now)
            if message.dueAt <= now || plan.isImpossible(message.dueAt, of: message.priority, at: now) {
                queue.add(message.id, rank: MessageRank(message), deadline: deadline)
            } else {
                queue.schedule(message.id, due: message.dueAt, deadline: deadline, rank: MessageRank(message))
            }
        }
        pump()
    }

    private func completed(_ completions: [SpoolCompletion]) {
        for completion in completions {
            switch completion {
            case .arrived(let message): arrived(message)
            case .attemptRecorded(let id): recorded(id)
            case .attemptNotRecorded(let id, let error): notRecorded(id, error)
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .settled, .notSettled, .changed,
                .notChanged:
                preconditionFailure("the delivery asks for none of these")
            }
        }
        pump()
    }

    /// Whether content that does not leave soon should be on disk only.
    private var isMemoryShort: Bool { spool.residentOctets > Self.residentOctets }

    private func arrived(_ arrival: QueuedMessage) {
        let message = arrival.message
        guard message.isDueAtOnce else { return queue.wait(message, until: plan.due(of: message, clock)) }
        if message.notice == .probe, message.probe?.upstream != nil { return loader.enter(jobs.job(for: arrival)) }
        // Content can be loaded when its turn comes; a blocked queue, or one far behind, needs none in memory.
        guard case .resident = arrival.content, flow.isOpen, !queue.isBlocked,
            !isMemoryShort || queue.backlog(of: MessageRank(message).priority) <= DeliveryQueue.loadBatch
        else {
            ledger.closeAttempt(of: message)
            queue.add(
                message.id, rank: MessageRank(message),
                deadline: plan.deadline(of: message, clock.ages, at: clock.now()))
            return
        }
        queue.add(jobs.job(for: arrival))
    }

    private func recorded(_ id: QueueID) {
        guard let job = ledger.answered(id) else { return }
        transactions.recorded(job)
    }

    /// The spool cannot write: nothing may leave whose outcome could not be recorded.
    private func notRecorded(_ id: QueueID, _ error: SpoolError) {
        if flow.pause(until: clock.instant + Self.pauseLength) { report(.paused(error.message)) }
        guard let job = ledger.answered(id) else { return }
        transactions.notRecorded(job, error.message)
    }

    /// Upstreams whose logins had to do without a token have one: their circuits need not stay open.
    private func tokenReturned(to names: [String]) {
        for upstream in names.compactMap({ upstreams[$0] }) { mover.run(upstream.gotToken(), of: upstream) }
        pumpSoon()
    }

    // MARK: - Moving

    /// Moves everything that can move, once, at the end of this turn of the event loop.
    func pumpSoon() {
        guard !isPumpDue else { return }
        isPumpDue = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isPumpDue = false
            bound.value.pump()
        }
    }

    /// Moves everything that can move. Called after any change that may allow it.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        orders.attemptsEnded()
        if flow.isOpen {
            queue.release(until: clock.now())
            deadlines.meet()
            recallPausedStreams()
            streams.release()
            if isTrialPossible { queue.releaseOneStranded() }
            paces.callNext()
            loader.fill(isShort: isMemoryShort)
            feeder.feedAll()
            for upstream in upstreams.all { transactions.serve(upstream) }
        }
        upstreams.forgetDrained()
        quotas.look(at: upstreams.all)
        streams.settle()
        if upstreams.noteKnown(policies.settings) { streams.noteUpstreams() }
        updateExpectation()
        if timer.mayFireTooLate { arrangeTick() }
        endStopIfIdle()
    }

    /// Whether a circuit would admit a trial, and no message is available for one.
    private var isTrialPossible: Bool {
        queue.isIdleButForStranded && upstreams.isTrialPossible { queue.isEmpty(route: $0) }
    }

    /// Tells the spool where fresh mail will go, while it goes there at once.
    private func updateExpectation() {
        let isFlowing = !ledger.recordsAtDots && flow.isOpen && queue.backlog < DeliveryQueue.windowSize / 2
        let index = isFlowing ? upstreams.next : nil
        guard index != expected else { return }
        expected = index
        spool.expectAttempts(through: index.map { upstreams[$0].name })
    }
}
