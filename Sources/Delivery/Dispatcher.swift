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
/// arrived / due ──▶ waiting ──▶ window ──▶ pool ──▶ session ──▶ result
///                      ▲  loaded, if not in memory       │
///                      └──────── deferred ◀──────────────┤ next upstream: pool of another
///                                                        └─ settled: spool
/// ```
final class Dispatcher {
    /// Messages that are kept loaded ahead of their turn.
    static let windowSize = 256
    /// Messages read back in one go.
    static let loadBatch = 64
    /// A message that is bound to an upstream which takes nothing now asks again so often.
    static let boundInterval = Duration.seconds(5)
    /// A pause of this length lies between tries while the spool records nothing.
    static let pauseLength = Duration.seconds(1)

    let settings: DeliverySettings
    let spool: any MessageSpool
    let eventLoop: any EventLoop
    let connector: any UpstreamConnector
    let now: @Sendable () -> Timestamp
    let report: @Sendable (DeliveryEvent) -> Void
    let plan: RetryPlan
    let nameIndex: [String: Int]

    var random: any RandomNumberGenerator
    var domains = DomainsInASCII()
    var circuits: [Circuit]
    var pools: [UpstreamPool] = []
    var waiting = WaitingMessages()
    /// Messages in memory that wait for an upstream, in order.
    var window: Deque<DeliveryJob> = []
    /// Those of them that may not use every upstream, and so do not stand in line with the others.
    var bound: [DeliveryJob] = []
    var loading = 0
    /// Messages being loaded whose turn has come before the time that is recorded for them.
    var loadingAhead: Set<QueueID> = []
    /// Jobs whose attempt is being recorded, with the number of answers outstanding.
    var recording: [QueueID: (job: DeliveryJob?, answers: Int)] = [:]
    var outbox: SpoolOutbox?
    var isStopping = false
    var pausedUntil: Moment?
    /// When to look at the waiting messages again though nothing has happened, because a circuit lets somebody try.
    var wakeAt: Moment?
    var tick: Scheduled<Void>?
    var tickAt: Moment?
    var isPumping = false
    var isPumpDue = false
    /// The upstream that fresh messages are committed for.
    var expected: Int?

    init(
        settings: DeliverySettings, spool: any MessageSpool, eventLoop: any EventLoop, connector: any UpstreamConnector,
        work: any SlowWork = ThreadPoolWork(),
        random: any RandomNumberGenerator = SystemRandomNumberGenerator(), now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        precondition(settings.upstreams.count <= UpstreamSet.capacity, "at most \(UpstreamSet.capacity) upstreams")
        self.settings = settings
        self.spool = spool
        self.eventLoop = eventLoop
        self.connector = connector
        self.now = now
        self.report = report
        self.plan = RetryPlan(settings)
        self.random = random
        self.nameIndex = Dictionary(
            settings.upstreams.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let circuit = Circuit.Settings(
            consecutiveFailures: settings.circuit.consecutiveFailures, openDuration: settings.circuit.openDuration,
            maxOpenDuration: settings.circuit.maxOpenDuration)
        self.circuits = settings.upstreams.map { _ in Circuit(settings: circuit) }
        let start = now()
        self.pools = settings.upstreams.enumerated().map { index, upstream in
            UpstreamPool(
                index: index, settings: upstream, access: UpstreamAccess(upstream, work: work), now: start
            ) { [unowned self] in connect($0) }
        }
    }

    var moment: Moment { Moment(nanoseconds: Int64(clamping: eventLoop.now.uptimeNanoseconds)) }

    /// -1 to 1.
    func jitter() -> Double { Double.random(in: -1...1, using: &random) }

    // MARK: - From the spool

    /// Everything that the spool held at the start.
    func restore(_ messages: [ScheduledMessage]) {
        let now = now()
        for message in messages {
            if message.dueAt <= now {
                waiting.add(message.id, job: nil, priority: message.priority)
            } else {
                waiting.add(message.id, due: message.dueAt, priority: message.priority)
            }
        }
        pump()
    }

    func completed(_ completions: [SpoolCompletion]) {
        for completion in completions {
            switch completion {
            case .arrived(let message): arrived(message)
            case .attemptRecorded(let id): recorded(id)
            case .attemptNotRecorded(let id, let error): notRecorded(id, error)
            case .accepted, .resubmitted, .refused, .appended, .appendFailed:
                preconditionFailure("the delivery accepts no mail, and yet got an answer of the spool's about some")
            }
        }
        pump()
    }

    private func arrived(_ arrival: QueuedMessage) {
        let message = arrival.message
        // Content that is not in memory can as well be loaded when its turn comes, and a queue that stands needs none.
        guard case .resident = arrival.content, !isStopping, pausedUntil == nil, wakeAt == nil else {
            if message.openAttempt != nil { closeAttempt(of: message) }
            waiting.add(message.id, job: nil, priority: message.priority)
            return
        }
        let job = DeliveryJob(
            message: message, content: arrival.content, pending: Array(message.recipients.indices), candidates: nil)
        waiting.add(message.id, job: job, priority: message.priority)
    }

    // MARK: - Taking messages from the queue

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
            waiting.release(until: now())
            if isTrialPossible { waiting.releaseOneStranded() }
            fillWindow()
            dispatchWindow()
        }
        for pool in pools { serve(pool) }
        updateExpectation()
        if needsTick { arrangeTick() }
    }

    /// Whether a circuit would let one message try, and none is on its way that could.
    private var isTrialPossible: Bool {
        guard waiting.hasStranded, waiting.readyCount == 0, window.isEmpty, bound.isEmpty, loading == 0 else {
            return false
        }
        return circuits.contains { $0.admission(now: moment) == .trial }
    }

    private func fillWindow() {
        var missing: [QueueID] = []
        while window.count + bound.count + loading + missing.count < Self.windowSize, missing.count < Self.loadBatch,
            let entry = waiting.takeReady()
        {
            if let job = entry.job {
                window.append(job)
            } else {
                missing.append(entry.id)
                if entry.isAhead { loadingAhead.insert(entry.id) }
            }
        }
        load(missing)
    }

    private func load(_ ids: [QueueID]) {
        guard !ids.isEmpty else { return }
        loading += ids.count
        // What this turn has said of messages goes first: one that is read as it was before its attempt was closed would
        // go out with no attempt on record, and again after a crash.
        outbox?.flush()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        spool.load(ids) { results in
            eventLoop.execute { bound.value.loaded(results) }
        }
    }

    private func loaded(_ results: [LoadResult]) {
        loading -= results.count
        for result in results {
            switch result {
            case .message(let message): begin(message)
            case .missing(let id), .quarantined(let id):
                loadingAhead.remove(id)
            case .failed(let id, _):
                loadingAhead.remove(id)
                waiting.add(id, due: now() + .seconds(5), priority: .normal)
            }
        }
        pump()
    }

    /// Begins a cycle for a message that was read back, or lets it wait on if nothing is due.
    private func begin(_ loaded: QueuedMessage) {
        var message = loaded.message
        // Whatever attempt was open when it was read has ended, or it would not be here.
        message.openAttempt = nil
        let isAhead = loadingAhead.remove(message.id) != nil
        guard let cycle = plan.cycle(for: message, at: now(), isAhead: isAhead) else {
            wait(message)
            return
        }
        let job = DeliveryJob(
            message: message, content: loaded.content, pending: cycle.recipients, candidates: candidates(for: cycle))
        if job.candidates == nil { window.append(job) } else { bound.append(job) }
    }

    private func candidates(for cycle: RetryPlan.Cycle) -> [Int]? {
        if let name = cycle.onlyUpstream { return nameIndex[name].map { [$0] } }
        if let name = cycle.withoutUpstream, let index = nameIndex[name], pools.count > 1 {
            return pools.indices.filter { $0 != index }
        }
        return nil
    }

    /// Puts a message to those that wait for their time; one that needs an operator waits in the spool alone.
    func wait(_ message: SpooledMessage, isStranded: Bool = false) {
        guard let due = plan.nextDue(of: message) else { return }
        waiting.add(message.id, due: due, priority: message.priority, isStranded: isStranded)
    }

    // MARK: - Choosing

    private func dispatchWindow() {
        wakeAt = nil
        if !bound.isEmpty {
            let jobs = bound
            bound = []
            for job in jobs where !dispatch(job) {
                waiting.add(job.id, due: now() + Self.boundInterval, priority: job.message.priority)
            }
            wakeAt = nil
        }
        while let job = window.first, isWanted, dispatch(job) { window.removeFirst() }
    }

    /// Whether some upstream takes more than it has lined up. When the first one that works has enough, the mail waits.
    private var isWanted: Bool {
        pools.contains { $0.wantsMore }
    }

    /// Sends a message on its way; false when it has to wait.
    private func dispatch(_ job: DeliveryJob) -> Bool {
        switch choose(for: job) {
        case .use(let index):
            guard pools[index].wantsMore else { return false }
            pools[index].add(job)
        case .tryOut(let index):
            job.trialOf = index
            pools[index].add(job)
        case .wait(let until):
            // Without a time a trial is under way, whose end will be heard.
            let wake = until ?? moment + .seconds(1)
            wakeAt = min(wakeAt ?? wake, wake)
            return false
        case .exhausted:
            conclude(job)
        }
        return true
    }

    private func choose(for job: DeliveryJob) -> UpstreamChoice {
        if let candidates = job.candidates {
            return UpstreamChoice.choose(from: candidates, circuits: &circuits, tried: job.tried, now: moment)
        }
        return UpstreamChoice.choose(from: circuits.indices, circuits: &circuits, tried: job.tried, now: moment)
    }

    /// Sends a message that an upstream has failed through the next one, at once.
    ///
    /// - Returns: the name of the next upstream; nil when the cycle is over.
    @discardableResult
    func redirect(_ job: DeliveryJob) -> String? {
        guard !isStopping, pausedUntil == nil else {
            putBack(job)
            return nil
        }
        switch choose(for: job) {
        case .use(let index):
            pools[index].add(job)
            pumpSoon()
            return pools[index].settings.name
        case .tryOut(let index):
            job.trialOf = index
            pools[index].add(job)
            pumpSoon()
            return pools[index].settings.name
        case .wait:
            // Only a message that no upstream has failed in this cycle is told to wait.
            window.prepend(job)
            return nil
        case .exhausted:
            conclude(job)
            return nil
        }
    }

    /// Returns a message to the queue as if its cycle had not begun.
    func putBack(_ job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        waiting.putBack(job.id, job: nil, priority: job.message.priority)
    }

    func endTrialWithoutVerdict(_ job: DeliveryJob) {
        guard let index = job.trialOf else { return }
        job.trialOf = nil
        circuits[index].trialEndedWithoutVerdict(now: moment)
    }

    // MARK: - Handing over

    private func serve(_ pool: UpstreamPool) {
        guard !isStopping, pausedUntil == nil else { return }
        pool.serve { session, job in start(job, in: session, of: pool) }
    }

    private func start(_ job: DeliveryJob, in session: UpstreamSession, of pool: UpstreamPool) {
        let carriage = Carriage(job.message, job.pending, by: session.offer(of: pool.settings.name), &domains)
        if !carriage.refusals.isEmpty { refuseUnsent(carriage.refusals, of: job, pool) }
        guard !carriage.taken.isEmpty else {
            passOver(pool, job)
            return
        }
        job.pending = carriage.taken
        job.rest = carriage.rest + job.rest
        job.attemptBegan = moment
        job.attemptBeganAt = now()
        job.contentIsAwaited = false
        job.lastUpstream = pool.index
        job.tls = session.tlsSummary
        job.isRecorded = isOpen(job, at: pool)
        if !job.isRecorded { recordBeginning(of: job, at: pool) }
        job.message.openAttempt = nil
        job.session = session
        session.start(job, carriage, now: job.attemptBegan)
    }

    /// Whether the message was committed with just this attempt open.
    private func isOpen(_ job: DeliveryJob, at pool: UpstreamPool) -> Bool {
        guard let open = job.message.openAttempt else { return false }
        return open.upstream == pool.settings.name && open.recipients == job.pending
    }

    private func recordBeginning(of job: DeliveryJob, at pool: UpstreamPool) {
        let answers = recording[job.id]?.answers ?? 0
        recording[job.id] = (job, answers + 1)
        outbox?.add(
            .beginAttempt(
                job.id,
                OpenAttempt(upstream: pool.settings.name, startedAt: job.attemptBeganAt, recipients: job.pending)))
    }

    /// Tells the spool where fresh mail will go, while it goes there at once.
    private func updateExpectation() {
        let backlog = window.count + loading + waiting.readyCount
        let isFlowing = !isStopping && pausedUntil == nil && backlog < Self.windowSize / 2
        let index = isFlowing ? circuits.firstIndex { $0.admission(now: moment) == .admitted } : nil
        guard index != expected else { return }
        expected = index
        spool.expectAttempts(through: index.map { pools[$0].settings.name })
    }

    private func recorded(_ id: QueueID) {
        guard let job = answered(id) else { return }
        job.isRecorded = true
        guard job.contentIsAwaited else { return }
        job.contentIsAwaited = false
        job.session?.sendContent(of: job)
    }

    /// The spool cannot write: nothing may leave whose outcome could not be recorded.
    private func notRecorded(_ id: QueueID, _ error: SpoolError) {
        if pausedUntil == nil { report(.paused(error.message)) }
        pausedUntil = moment + Self.pauseLength
        guard let job = answered(id) else { return }
        job.session?.end("the spool cannot record the attempt: \(error.message)", isOurs: true)
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

    // MARK: - Connecting

    private func connect(_ pool: UpstreamPool) {
        let session = UpstreamSession(
            hostname: settings.hostname, upstream: pool.index, access: pool.access, owner: self, spool: spool
        ) { [unowned self] in moment }
        let timeout = min(
            pool.settings.connectTimeout, hasAlternative(to: pool) ? pool.settings.patience : .seconds(3600))
        let bound = NIOLoopBound((self, pool, session), eventLoop: eventLoop)
        connector.connect(
            to: pool.settings, timeout: .nanoseconds(timeout.wholeMilliseconds * 1_000_000), handler: session,
            on: eventLoop
        ).whenComplete { result in
            let (dispatcher, pool, session) = bound.value
            dispatcher.connectionEnded(pool, session, result.mapError { $0 as any Error })
        }
    }

    private func connectionEnded(
        _ pool: UpstreamPool, _ session: UpstreamSession, _ result: Result<any Channel, any Error>
    ) {
        switch result {
        case .success where session.hasEnded:
            pool.connectFailed()
        case .success:
            pool.connected(session)
            if isStopping { session.end("the relay is stopping", isOurs: true) }
        case .failure(let error):
            pool.connectFailed()
            // What ended within the connection, as TLS may, has been counted by its own name.
            if !session.hasEnded {
                upstreamFailed(pool, phase: .connect, reason: ConnectError.sentence(for: error))
            }
            if !pool.hasWorkingSession { evacuate(pool) }
        }
        pump()
    }

    /// Whether a message of this pool could go elsewhere now.
    func hasAlternative(to pool: UpstreamPool) -> Bool {
        circuits.indices.contains { $0 != pool.index && circuits[$0].admission(now: moment) == .admitted }
    }

    /// Moves all that wait for sessions of an upstream that cannot be had to the next one.
    ///
    /// - Parameter reason: where it is not the last error of the upstream.
    func evacuate(_ pool: UpstreamPool, reason: String? = nil) {
        for job in pool.removePending() {
            endTrialWithoutVerdict(job)
            job.gather()
            job.tried.insert(pool.index)
            job.lastUpstream = pool.index
            job.lastError = reason ?? pool.status.lastError ?? ""
            let next = redirect(job)
            if let next {
                report(
                    .deferred(
                        job.id, recipients: job.pendingAddresses, upstream: pool.settings.name, phase: "connect",
                        reply: job.lastError, next: next, retryAt: nil, tls: nil))
            }
        }
    }
}
