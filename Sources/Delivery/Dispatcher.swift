internal import DequeModule
internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// The centre of the delivery: takes messages from the queue, chooses upstreams, and settles what became of them.
///
/// Confined to one event loop; every method is called there. The way of a message through it:
///
/// ```
/// arrived / due ──▶ queue ──▶ line of its route   ──▶ upstream ──▶ session ──▶ result
///                      ▲  loaded, if not in memory                  │
///                      └──────── deferred ◀─────────────────────────┤ next upstream: upstream of another
///                                                                   └─ settled: spool
/// ```
final class Dispatcher {
    /// A message that is pinned to an upstream which takes nothing now asks again after this time.
    static let pinnedInterval = Duration.seconds(5)
    /// A pause of this length lies between tries while the spool records nothing.
    static let pauseLength = Duration.seconds(1)
    /// Octets of content in memory above which less is loaded ahead, and fresh mail behind a backlog stays on disk only.
    static let residentOctets = 4 << 20
    /// What a session of this age says of the server's capabilities may be out of date.
    static let sessionAge = Duration.seconds(30)

    let settings: DeliverySettings
    let spool: any MessageSpool
    let eventLoop: any EventLoop
    let connector: any UpstreamConnector
    let report: @Sendable (DeliveryEvent) -> Void
    let plan: RetryPlan
    let clock: DeliveryClock
    let timer: DeliveryTimer
    let upstreams: UpstreamDirectory
    let prober: Prober
    let queue: DeliveryQueue
    private let spoolClient: SpoolClient
    let ledger: AttemptLedger
    let jobs: JobMaker
    let loader: MessageLoader
    let reporter: CycleReporter
    let resolver: InDoubtResolver

    var domains = DomainsInASCII()
    var isStopping = false
    /// Nothing leaves until then, since the spool records nothing.
    var pausedUntil: MonotonicInstant?
    /// When to look at the waiting messages again though nothing has happened, because a circuit lets somebody try.
    var wakeAt: MonotonicInstant?
    private var isPumping = false
    private var isPumpDue = false
    /// The upstream that fresh messages are committed for.
    private var expected: Int?

    init(
        settings: DeliverySettings, spool: any MessageSpool, eventLoop: any EventLoop, connector: any UpstreamConnector,
        work: any SlowWork = ThreadPoolWork(),
        random: any RandomNumberGenerator = SystemRandomNumberGenerator(), overrides: [String: AdminOverride] = [:],
        saveOverrides: @escaping @Sendable ([String: AdminOverride]) -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.settings = settings
        self.spool = spool
        self.eventLoop = eventLoop
        self.connector = connector
        self.report = report
        self.plan = RetryPlan(settings)
        let clock = DeliveryClock(eventLoop: eventLoop, random: random, now: now)
        self.clock = clock
        self.upstreams = UpstreamDirectory(
            settings, work: work, overrides: overrides, saveOverrides: saveOverrides, clock: clock, report: report)
        self.prober = Prober(
            hostname: settings.hostname, timeout: settings.health.timeout, connector: connector, spool: spool,
            upstreams: upstreams.all, clock: clock, report: report)
        self.queue = DeliveryQueue(routeCount: upstreams.routes.routes.count)
        self.spoolClient = SpoolClient(spool: spool, eventLoop: eventLoop)
        self.ledger = AttemptLedger(spoolClient)
        self.timer = DeliveryTimer(clock: clock)
        self.jobs = JobMaker(plan: plan, upstreams: upstreams, clock: clock)
        self.loader = MessageLoader(
            queue: queue, ledger: ledger, jobs: jobs, plan: plan, clock: clock)
        self.reporter = CycleReporter(clock: clock, inDoubt: plan.inDoubt, upstreams: upstreams, report: report)
        self.resolver = InDoubtResolver(
            queue: queue, ledger: ledger, upstreams: upstreams, plan: plan, clock: clock, report: report)
        connectParts()
    }

    private func connectParts() {
        timer.fired = { [weak self] in self?.ticked() }
        loader.loaded = { [weak self] in self?.pump() }
        resolver.changed = { [weak self] in self?.pump() }
        prober.concluded = { [weak self] upstream, effects in
            self?.run(effects, of: upstream)
            self?.pumpSoon()
        }
        for upstream in upstreams.all {
            upstream.pool.connect = { [weak self, unowned upstream] _ in self?.connect(upstream) }
        }
    }

    // MARK: - From the spool

    /// Hears of what is committed from now on.
    func open() {
        spoolClient.open(arrivals: true) { [weak self] in self?.completed($0) }
    }

    /// Everything that the spool held at the start.
    func restore(_ messages: [ScheduledMessage]) {
        let now = clock.now()
        for message in messages {
            if message.dueAt <= now {
                queue.add(message.id, priority: message.priority)
            } else {
                queue.schedule(message.id, due: message.dueAt, priority: message.priority)
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
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .settled, .notSettled:
                preconditionFailure("the delivery asks for none of these")
            }
        }
        pump()
    }

    /// Whether content that does not leave soon should be on disk only.
    private var isMemoryShort: Bool { spool.residentOctets > Self.residentOctets }

    private func arrived(_ arrival: QueuedMessage) {
        let message = arrival.message
        // Content that is not in memory can as well be loaded when its turn comes; a queue that is blocked or far behind
        // needs none.
        guard case .resident = arrival.content, !isStopping, pausedUntil == nil, !queue.isBlocked,
            !isMemoryShort || queue.backlog <= DeliveryQueue.loadBatch
        else {
            ledger.closeAttempt(of: message)
            queue.add(message.id, priority: message.priority)
            return
        }
        queue.add(message.id, job: jobs.job(for: arrival), priority: message.priority)
    }

    private func recorded(_ id: QueueID) {
        guard let job = ledger.answered(id) else { return }
        job.isRecorded = true
        guard job.contentIsAwaited else { return }
        job.contentIsAwaited = false
        job.session?.sendContent(of: job)
    }

    /// The spool cannot write: nothing may leave whose outcome could not be recorded.
    private func notRecorded(_ id: QueueID, _ error: SpoolError) {
        if pausedUntil == nil { report(.paused(error.message)) }
        pausedUntil = clock.instant + Self.pauseLength
        guard let job = ledger.answered(id) else { return }
        job.session?.end(.attemptNotRecorded(error.message))
    }

    // MARK: - Moving

    /// Moves everything that can move at the end of this turn of the loop, once for all that happens in it.
    func pumpSoon() {
        guard !isPumpDue else { return }
        isPumpDue = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isPumpDue = false
            bound.value.pump()
        }
    }

    /// Moves everything that can move. Called after whatever may have changed that.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        if !isStopping, pausedUntil == nil {
            queue.release(until: clock.now())
            if isTrialPossible { queue.releaseOneStranded() }
            loader.fill(isShort: isMemoryShort)
            dispatchAll()
        }
        for upstream in upstreams.all { serve(upstream) }
        updateExpectation()
        if timer.mayFireTooLate { arrangeTick() }
    }

    /// Whether a circuit would let one message try, and none is on its way that could.
    private var isTrialPossible: Bool {
        queue.isIdleButForStranded && upstreams.isTrialPossible { queue.isEmpty(route: $0) }
    }

    /// Tells the spool where fresh mail will go, while it goes there at once.
    private func updateExpectation() {
        let isFlowing = !isStopping && pausedUntil == nil && queue.backlog < DeliveryQueue.windowSize / 2
        let index = isFlowing ? upstreams.next : nil
        guard index != expected else { return }
        expected = index
        spool.expectAttempts(through: index.map { upstreams[$0].name })
    }
}
