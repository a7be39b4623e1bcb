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

    /// What a session of this age says of the server's capabilities may be out of date.
    static let sessionAge = Duration.seconds(30)

    let settings: DeliverySettings
    let spool: any MessageSpool
    let eventLoop: any EventLoop
    let connector: any UpstreamConnector
    let clock: DeliveryClock
    let report: @Sendable (DeliveryEvent) -> Void
    let plan: RetryPlan
    let upstreams: UpstreamDirectory
    let prober: Prober

    var domains = DomainsInASCII()
    let queue: DeliveryQueue
    /// Jobs whose attempt is being recorded, with the number of answers outstanding.
    var recording: [QueueID: (job: DeliveryJob?, answers: Int)] = [:]
    var outbox: SpoolOutbox?
    var isStopping = false
    var pausedUntil: MonotonicInstant?
    /// When to look at the waiting messages again though nothing has happened, because a circuit lets somebody try.
    var wakeAt: MonotonicInstant?
    var tick: Scheduled<Void>?
    var tickAt: MonotonicInstant?
    var isPumping = false
    var isPumpDue = false
    /// The upstream that fresh messages are committed for.
    var expected: Int?

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
        prober.concluded = { [weak self] upstream, effects in
            self?.run(effects, of: upstream)
            self?.pumpSoon()
        }
        for upstream in upstreams.all {
            upstream.pool.connect = { [weak self, unowned upstream] _ in self?.connect(upstream) }
        }
    }

    func now() -> Timestamp { clock.now() }
    var instant: MonotonicInstant { clock.instant }

    // MARK: - From the spool

    /// Everything that the spool held at the start.
    func restore(_ messages: [ScheduledMessage]) {
        let now = now()
        for message in messages {
            if message.dueAt <= now {
                queue.add(message.id, priority: message.priority)
            } else {
                queue.schedule(message.id, due: message.dueAt, priority: message.priority)
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
        guard case .resident = arrival.content, !isStopping, pausedUntil == nil, !queue.isBlocked else {
            if message.openAttempt != nil { closeAttempt(of: message) }
            queue.add(message.id, priority: message.priority)
            return
        }
        let job = makeJob(message, arrival.content, recipients: Array(message.recipients.indices))
        queue.add(message.id, job: job, priority: message.priority)
    }
}
