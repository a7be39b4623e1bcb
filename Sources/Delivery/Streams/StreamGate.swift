internal import Mail
internal import Spool
internal import Upstreams

/// Decides which mail may have an upstream as far as its stream is concerned, and learns what becomes of it.
///
/// A message is asked about when it comes into memory, before it enters a line; what has to wait rests in the queue by its
/// number. Notices of the relay go whatever happens to streams.
///
/// Confined to the delivery's event loop; what is not private is written in this folder only.
final class StreamGate {
    /// How long counts may be in memory only: what a crash may lose of them.
    static let saveInterval = Duration.seconds(10)

    let queue: DeliveryQueue
    let upstreams: UpstreamDirectory
    let clock: DeliveryClock
    let report: @Sendable (DeliveryEvent) -> Void
    let save: @Sendable (StreamMemory) -> Void
    var table: StreamTable
    /// Messages of streams with a limit that count already.
    var admitted = AdmittedMessages()
    /// Whether something that rests may go now.
    var isReleaseDue = true
    /// When a stream's rate lets the next message through.
    private(set) var wakeAt: MonotonicInstant?
    /// Whether mail of a paused stream may be on its way to an upstream.
    var isRecallDue = false
    var isChanged = false
    var savedAt: MonotonicInstant
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
        var table = StreamTable(settings, memory) { queue.resting.count(of: $0) > 0 }
        table.restoreHours(at: clock.instant, wall: clock.wall)
        self.table = table
        savedAt = clock.instant
        isChanged = upstreams.known != memory.upstreams
    }

    /// Other `[[stream]]` tables, or other routes, apply.
    ///
    /// - Parameter isNamedAlike: whether all mail belongs to the same streams as before; else everything that rests is looked
    ///   at again.
    func replace(_ settings: [StreamSettings], isNamedAlike: Bool) {
        table.replace(settings)
        isReleaseDue = true
        isRecallDue = table.pausedCount > 0
        guard !isNamedAlike else { return }
        withdraw { _ in true }
        for name in queue.resting.streams { _ = queue.releaseResting(of: name, most: .max) }
    }

    // MARK: - What may go

    /// Whether mail by a route may go to upstreams. Costs nothing while no stream is paused.
    func lets(_ message: SpooledMessage, route: Int) -> Bool {
        guard table.pausedCount > 0, message.notice == nil else { return true }
        return table.lets(stream(of: message, route: route), by: message.streamNamer, wall: clock.wall)
    }

    func lets(_ job: DeliveryJob) -> Bool {
        guard table.pausedCount > 0, job.message.notice == nil else { return true }
        return table.lets(stream(of: job), by: job.message.streamNamer, wall: clock.wall)
    }

    /// Whether mail by a route may have to wait for its turn in its stream.
    func limits(_ message: SpooledMessage, route: Int) -> Bool {
        guard table.restrains, message.notice == nil else { return false }
        return table.isLimited(stream(of: message, route: route))
    }

    /// Whether a message may enter its line; it counts then. Otherwise it rests.
    func admits(_ job: DeliveryJob) -> Bool {
        guard table.restrains, job.message.notice == nil else { return true }
        let name = stream(of: job)
        guard !enters(job, name) else { return true }
        if admitted.remove(job.id, of: name) { table.withdraw(1, of: name) }
        queue.rest(job.id, of: name, rank: job.rank, deadline: deadline(of: job))
        guard !table.isPaused(name) else { return false }
        isReleaseDue = true
        changed()
        return false
    }

    private func enters(_ job: DeliveryJob, _ name: String) -> Bool {
        if !table.isPaused(name) {
            // One that is tried once more says nothing new about a new stream, and holds up its step while it waits.
            if admitted.contains(job.id, of: name) || table.isNew(name) && job.isRetry { return true }
        }
        let waiting = queue.resting.count(of: name)
        let namer = job.message.streamNamer
        guard table.admits(name, by: namer, behind: waiting, at: clock.instant, wall: clock.wall) else { return false }
        if table.isLimited(name) { admitted.add(CollectionOfOne(job.id), of: name) }
        return true
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
        if table.isLimited(name), !ids.isEmpty { admitted.add(ids, of: name) }
        guard most < waiting, let next = table.nextAt(name, clock.instant), next > clock.instant else { return }
        wakeAt = min(wakeAt ?? next, next)
    }

    /// Everything of paused streams has been taken back.
    func recalled() { isRecallDue = false }

    /// Nothing waits for its turn: what is remembered of messages that went another way keeps others from theirs.
    func settle() {
        guard !admitted.isEmpty, queue.resting.count > 0, !queue.isTurnAwaited else { return }
        withdraw { !queue.isHeld($0) }
    }

    // MARK: - Names

    func stream(of message: SpooledMessage, route: Int) -> String {
        upstreams.routes.stream(named: message.stream, user: message.user, route: route)
    }

    func stream(of recipient: Int, _ message: SpooledMessage) -> String {
        let routes = upstreams.routes
        guard !routes.isTrivial else { return stream(of: message, route: 0) }
        let address = message.recipients[recipient].address.text
        return stream(of: message, route: routes.route(of: message.routingSubject, recipient: address))
    }

    /// A message in the midst of its cycle may still have a route of a former relay.conf.
    func stream(of job: DeliveryJob) -> String {
        guard job.edition !== upstreams.edition else { return stream(of: job.message, route: job.route) }
        return stream(of: job.pending.first ?? 0, job.message)
    }
}

extension DeliveryJob {
    /// Whether a recipient of the cycle has been tried in an earlier one.
    fileprivate var isRetry: Bool { pending.contains { message.recipients[$0].attempts > 0 } }
}
