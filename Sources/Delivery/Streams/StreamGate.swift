internal import Mail
internal import Spool
internal import Upstreams

/// Decides which mail may have an upstream as far as its stream is concerned, and learns what becomes of it.
///
/// A message is asked about when it comes into memory, before it enters a line; what has to wait rests in the queue by its
/// number. Notices of the relay go whatever happens to streams.
///
/// Confined to the delivery's event loop.
final class StreamGate {
    /// How long counts may be in memory only.
    static let saveInterval = Duration.seconds(60)

    private let queue: DeliveryQueue
    private let upstreams: UpstreamDirectory
    private let clock: DeliveryClock
    private let report: @Sendable (DeliveryEvent) -> Void
    private let save: @Sendable (StreamMemory) -> Void
    private var table: StreamTable
    /// Messages of streams with a limit that have waited, and count already.
    private var released: Set<QueueID> = []
    /// Whether something that rests may go now.
    private var isReleaseDue = true
    /// When a stream's rate lets the next message through.
    private(set) var wakeAt: MonotonicInstant?
    /// Whether mail of a paused stream may be on its way to an upstream.
    private(set) var isRecallDue = false
    private var isChanged = false
    private var savedAt: MonotonicInstant
    /// Called when something may go now, or must not go any more; set once, by its owner.
    var changed: () -> Void = {}

    init(
        _ settings: [StreamSettings], _ memory: StreamMemory, queue: DeliveryQueue, upstreams: UpstreamDirectory,
        clock: DeliveryClock, report: @escaping @Sendable (DeliveryEvent) -> Void,
        save: @escaping @Sendable (StreamMemory) -> Void
    ) {
        self.queue = queue
        self.upstreams = upstreams
        self.clock = clock
        self.report = report
        self.save = save
        table = StreamTable(settings, memory)
        savedAt = clock.instant
        isChanged = upstreams.known != memory.upstreams
    }

    /// Other `[[stream]]` tables, or other routes, apply.
    func replace(_ settings: [StreamSettings]) {
        table.replace(settings)
        isReleaseDue = true
        isRecallDue = table.pausedCount > 0
    }

    // MARK: - What may go

    /// Whether mail by a route may go to upstreams. Costs nothing while no stream is paused.
    func lets(_ message: SpooledMessage, route: Int) -> Bool {
        guard table.pausedCount > 0, message.notice == nil else { return true }
        return !table.isPaused(stream(of: message, route: route))
    }

    /// The same of one recipient, by its route.
    func lets(_ recipient: Int, of message: SpooledMessage) -> Bool {
        guard table.pausedCount > 0, message.notice == nil else { return true }
        let address = message.recipients[recipient].address.text
        return lets(message, route: upstreams.routes.route(of: message.routingSubject, recipient: address))
    }

    func lets(_ job: DeliveryJob) -> Bool { lets(job.message, route: job.route) }

    /// Whether a message may enter its line; it counts then. Otherwise it rests.
    func admits(_ job: DeliveryJob) -> Bool {
        guard table.restrains, job.message.notice == nil else { return true }
        let name = stream(of: job.message, route: job.route)
        guard released.remove(job.id) == nil || table.isPaused(name) else { return true }
        let waiting = queue.resting.count(of: name)
        if table.admits(name, behind: waiting, at: clock.instant, wall: clock.wall) { return true }
        queue.rest(job.id, of: name, rank: job.rank, deadline: deadline(of: job))
        guard !table.isPaused(name) else { return false }
        isReleaseDue = true
        changed()
        return false
    }

    /// When a message that rests must be looked at: at its deadline, or when a recipient is due that has another route.
    private func deadline(of job: DeliveryJob) -> Timestamp? {
        let now = clock.now()
        let deadline = queue.deadline(of: job).map { deadline in
            guard deadline <= now else { return deadline }
            // One that came before the system's clock was set has to be tried first, which it cannot be.
            let isOlder = clock.ages.lastStep(after: job.id) != nil
            return now + (isOlder ? DeadlineSweep.secondLook : DeadlineSweep.pause)
        }
        guard !upstreams.routes.isTrivial else { return deadline }
        let others = Set(job.message.recipients.indices).subtracting(job.pending).compactMap { index in
            job.message.recipients[index].isFinal ? nil : job.message.recipients[index].nextAttemptAt
        }
        return (others.filter { $0 > now } + [deadline].compactMap { $0 }).min()
    }

    /// Lets what rests go, as far as its stream does.
    func release() {
        guard isReleaseDue || wakeAt.map({ $0 <= clock.instant }) ?? false else { return }
        isReleaseDue = false
        wakeAt = nil
        guard queue.resting.count > 0 else { return }
        for name in queue.resting.streams where !table.isPaused(name) { release(name) }
    }

    private func release(_ name: String) {
        let waiting = queue.resting.count(of: name)
        let most = table.release(name, of: waiting, at: clock.instant, wall: clock.wall)
        let ids = queue.releaseResting(of: name, most: most)
        if table.isLimited(name) { released.formUnion(ids) }
        guard most < waiting, let next = table.nextAt(name, clock.instant), next > clock.instant else { return }
        wakeAt = min(wakeAt ?? next, next)
    }

    /// Everything of paused streams has been taken back.
    func recalled() { isRecallDue = false }

    /// Nothing waits for its turn: nobody needs what is remembered of messages that went another way.
    func settle() {
        if !released.isEmpty, queue.backlog == 0, queue.paced.isEmpty { released = [] }
    }

    // MARK: - What has become of it

    func delivered(_ recipients: Int, of job: DeliveryJob) {
        ended(StreamCounts(delivered: recipients), of: job.message, route: job.route)
    }

    func failed(_ recipients: Int, of job: DeliveryJob) {
        ended(StreamCounts(failed: recipients), of: job.message, route: job.route)
    }

    /// A recipient, counted as failed before, has failed in a way that says something about its address.
    func bounced(_ kind: BounceKind, of job: DeliveryJob) {
        guard kind == .hard else { return }
        ended(StreamCounts(hard: 1), of: job.message, route: job.route)
    }

    /// Recipients have failed while they waited.
    func failed(_ recipients: [Int], of message: SpooledMessage) {
        for index in recipients {
            let address = message.recipients[index].address.text
            let routes = upstreams.routes
            let route = routes.isTrivial ? 0 : routes.route(of: message.routingSubject, recipient: address)
            ended(StreamCounts(failed: 1), of: message, route: route)
        }
    }

    private func ended(_ counts: StreamCounts, of message: SpooledMessage, route: Int) {
        guard message.notice == nil else { return }
        let name = stream(of: message, route: route)
        let (now, wall) = (clock.instant, clock.wall)
        let event = table.ended(counts, of: name, at: now, wall: wall)
        isChanged = true
        if let event { happened(event, to: name) }
        if now - savedAt >= Self.saveInterval { saveIfChanged() }
    }

    private func happened(_ event: StreamEvent, to name: String) {
        report(.stream(name, event))
        switch event {
        case .paused: isRecallDue = true
        case .resumed, .canaryStepped, .canaryPassed: isReleaseDue = true
        }
        isChanged = true
        saveIfChanged()
        changed()
    }

    // MARK: - Orders

    /// Hands over nothing of a stream, known or not, from now on.
    ///
    /// - Returns: false if too many streams are paused.
    func pause(_ name: String, reason: String?) -> Bool {
        let pause = StreamPause(by: .operator, reason: reason, since: clock.wall)
        guard table.pause(name, pause) else { return false }
        happened(.paused(pause), to: name)
        return true
    }

    func resume(_ name: String, reason: String?) {
        guard table.resume(name) else { return }
        happened(.resumed(reason: reason), to: name)
    }

    /// An upstream is new no more.
    func noteUpstreams() {
        isChanged = true
        saveIfChanged()
    }

    /// Keeps what is known of streams and upstreams for the next start.
    func saveIfChanged() {
        guard isChanged else { return }
        isChanged = false
        savedAt = clock.instant
        var memory = table.memory
        memory.upstreams = upstreams.known
        save(memory)
    }

    // MARK: - For operators

    /// By name, with ``StreamName/other`` at the end if there is such a row.
    var statuses: [StreamStatus] {
        let known = table.records.keys.sorted().compactMap { status(of: $0) }
        guard table.others != StreamCounts() else { return known }
        return known + [StreamStatus(name: StreamName.other, since: .distantPast, counts: table.others)]
    }

    /// Their names.
    var paused: Set<String> { table.paused }

    /// With the reasons.
    var pausedByRelay: [String: String] { table.pausedByRelay }

    func status(of name: String) -> StreamStatus? {
        guard let record = table.records[name] else { return nil }
        return StreamStatus(
            name: name, since: record.memory.since, counts: record.memory.counts,
            recent: record.recent(at: clock.instant), perMinute: record.perMinute(at: clock.instant),
            pause: record.memory.pause, canaryPercent: record.canaryPercent, resting: queue.resting.count(of: name))
    }

    private func stream(of message: SpooledMessage, route: Int) -> String {
        upstreams.routes.stream(named: message.routing.stream, user: message.user, route: route)
    }
}
