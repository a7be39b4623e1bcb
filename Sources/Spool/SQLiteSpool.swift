internal import Glibc
package import Mail
internal import NIOCore
internal import Synchronization

/// The spool of one machine: a SQLite database for everything small, segment files for large content.
///
/// Disk layout, syncing and crash recovery: docs/spool.md.
package final class SQLiteSpool: RelaySpool {
    private let context: SpoolContext
    private let lock: SpoolLock
    private let threads: Threads
    private let ids: Mutex<QueueIDGenerator>

    private struct Threads {
        let writer: SpoolThread
        let delivery: SpoolThread
        let operators: SpoolThread
        let maintenance: SpoolThread
    }

    /// Opens the spool, creates it if missing, and closes what a crash has left open.
    ///
    /// - Parameters:
    ///   - clock: the system's.
    ///   - steady: the clock that nobody can set, by which keys of resubmissions expire; `clock` if nil.
    ///   - last: new queue IDs are greater, whatever the clock says.
    ///   - recorder: writes what is kept about messages that leave; nil for nothing.
    ///   - meter: what is measured.
    ///   - outbox: makes events for webhooks; nil for none.
    ///   - events: called on the spool's threads; must not block.
    /// - Throws: ``SpoolError`` `locked`, `schema`, `inputOutput`, `full` or `corrupt`.
    package static func open(
        _ settings: SpoolSettings, tuning: SpoolTuning = SpoolTuning(), files: any FileLayer = SystemFileLayer(),
        clock: @escaping @Sendable () -> Timestamp = { .wallClock },
        steady: (@Sendable () -> Timestamp)? = nil, after last: QueueID = QueueID(rawValue: 0),
        recorder: (any DepartureRecorder)? = nil, outbox: (any OutboxRecorder)? = nil, meter: SpoolMeter = .unused,
        events: @escaping @Sendable (SpoolEvent) -> Void
    ) throws(SpoolError) -> SQLiteSpool {
        let started = Monotonic.now
        try files.makeDataDirectory(settings.path)
        let lock = try SpoolLock(directory: settings.path)
        try files.makeDataDirectory(settings.path + "/segments")
        let lastMoved = try recorder?.open(in: settings.path, files) ?? 0
        let context = SpoolContext(
            settings: settings, tuning: tuning, files: files, clock: clock, steady: steady ?? clock,
            recorder: recorder, lastMoved: lastMoved, outbox: outbox, meter: meter, events: events)
        context.reserve.prepareStart(free: files.freeSpace(settings.path))
        let found = try SpoolRecovery(context).run()
        let spool = try SQLiteSpool(context, lock, found, after: max(last, found.lastID))
        let took = Duration.nanoseconds(Monotonic.now - started)
        events(.opened(messages: found.messages, interrupted: found.interrupted, took: took))
        return spool
    }

    private init(
        _ context: SpoolContext, _ lock: SpoolLock, _ found: SpoolRecovery.Found, after last: QueueID
    ) throws(SpoolError) {
        let writer = SpoolWriter(context: context, found)
        let delivery = try SpoolReader(context)
        let operators = try SpoolReader(context)
        let maintenance = try SpoolMaintenance(context)
        context.messageCount.store(found.messages, ordering: .relaxed)
        context.noteOpened()
        maintenance.checkSpace()
        self.context = context
        self.lock = lock
        ids = Mutex(QueueIDGenerator(after: last))
        threads = Threads(
            writer: SpoolThread("spool-writer") { writer.run() },
            delivery: SpoolThread("spool-reader") { delivery.run(context.deliveryReads) },
            operators: SpoolThread("spool-operator") { operators.run(context.operatorReads) },
            maintenance: SpoolThread("spool-maint") { maintenance.run() })
    }

    /// Puts other limits into force; the directory stays the same.
    package func replace(with settings: SpoolSettings) {
        context.limits.replace(with: settings)
        context.budget.replace(limit: settings.memoryBudget)
        _ = context.inbox.append(.checkLimit)
        _ = context.maintenance.append(.checkSpace)
    }

    package func close() async {
        context.inbox.close()
        await threads.writer.join()
        context.maintenance.close()
        context.deliveryReads.close()
        context.operatorReads.close()
        await threads.maintenance.join()
        await threads.delivery.join()
        await threads.operators.join()
        context.dots?.closeCleanly()
        lock.release()
    }

    // MARK: For sessions

    package func makeQueueID(at now: Timestamp) -> QueueID {
        ids.withLock { $0.next(at: now) }
    }

    package func expectAttempts(through upstream: String?) {
        context.expectedUpstream.withLock { $0 = upstream }
    }

    package func noteFinalDot(of id: QueueID) {
        context.dots?.note(id)
    }

    package var pastFinalDot: Set<QueueID>? { context.dots?.noted }

    package var refusal: SpoolError? { context.health.refusal }

    package var residentOctets: Int { context.budget.used }

    package func openPort(arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void) -> SpoolPort {
        context.ports.open(arrivals: arrivals, receive: receive)
    }

    package func submit(_ operations: [SpoolOperation], from port: SpoolPort) {
        guard !operations.isEmpty else { return }
        var octets = 0
        var urgent = false
        for operation in operations {
            octets += operation.octets
            urgent = urgent || operation.isUrgent
        }
        context.budget.add(octets)
        guard !context.inbox.append(.operations(operations, from: port, octets: octets), urgent: urgent) else { return }
        context.budget.remove(octets)
        var refused = CompletionBatch()
        for operation in operations { operation.refuse(.closed, port, &refused) }
        context.ports.deliver(&refused)
    }

    package func load(_ ids: [QueueID], receive: @escaping @Sendable ([LoadResult]) -> Void) {
        guard !context.inbox.append(.load(LoadRequest(ids: ids, receive: receive))) else { return }
        receive(ids.map { .failed($0, .closed) })
    }

    package func read(
        _ reader: ContentReader, receive: @escaping @Sendable (Result<ContentPart, SpoolError>) -> Void
    ) {
        guard let reader = reader as? StoredContentReader else {
            preconditionFailure("content is read through the spool that has it")
        }
        let inbox = reader.isForOperators ? context.operatorReads : context.deliveryReads
        if !inbox.append({ receive($0.next(reader)) }) { receive(.failure(.closed)) }
    }

    // MARK: For operators

    package func schedule() async throws -> [ScheduledMessage] {
        try await ask { reader throws(SpoolError) in try reader.queries.schedule() }
    }

    package func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage] {
        try await ask { reader throws(SpoolError) in
            try reader.queries.rows(after: last, limit: limit).map(\.message)
        }
    }

    package func scan<Result: Sendable>(
        after last: QueueID?, limit: Int, into result: Result,
        _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> (result: Result, last: QueueID?) {
        try await ask { reader throws(SpoolError) in
            var result = result
            let end = try reader.queries.scan(after: last, limit: limit) { look(&result, $0) }
            return (result, end)
        }
    }

    package func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result {
        try await ask { reader throws(SpoolError) in
            var result = result
            try reader.queries.scan(ids) { look(&result, $0) }
            return result
        }
    }

    package func message(_ id: QueueID) async throws -> SpooledMessage? {
        try await ask { reader throws(SpoolError) in try reader.queries.row(id)?.message }
    }

    package func attempts(of id: QueueID) async throws -> [AttemptRecord] {
        try await ask { reader throws(SpoolError) in try reader.queries.attempts(of: id) }
    }

    package func openContent(of id: QueueID) async throws -> ContentReader? {
        try await ask { reader throws(SpoolError) in try reader.pinnedRow(id, isForOperators: true)?.1 }
    }

    package func statistics(at now: Timestamp) async throws -> SpoolStatistics {
        try await ask { reader throws(SpoolError) in try reader.queries.statistics() }
    }

    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (SpoolReader) throws(SpoolError) -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = context.operatorReads.append { reader in
                continuation.resume(with: Result { try question(reader) })
            }
            if !isTaken { continuation.resume(throwing: SpoolError.closed) }
        }
    }

    // MARK: Departures

    /// Octets that the database keeps about messages that have left.
    package var departureOctets: Int { context.departureOctets.load(ordering: .relaxed) }

    /// Whether mail is refused because the file system has too little room.
    package var isShortOfRoom: Bool { context.health.has(.space) }

    /// What is kept about messages that have left is not needed any more up to this entry: it goes in small steps.
    package func forgetDepartures(through last: Int) {
        _ = context.inbox.append(.forgetDepartures(through: last))
    }

    /// Octets of content that is kept.
    package var keptOctets: Int { context.keptOctets.load(ordering: .relaxed) }

    /// Content kept with entries up to this one is not needed any more: it goes in small steps.
    package func forgetContent(through last: Int) {
        _ = context.inbox.append(.forgetContent(through: last))
    }

    /// Removes the content kept with these entries, of which there should not be many.
    ///
    /// - Parameter done: called on the writer's thread once that is durable, or has failed.
    package func eraseContent(of numbers: [Int], done: @escaping @Sendable (SpoolError?) -> Void) {
        let order = ContentErasure(numbers: numbers, done: done)
        if !context.inbox.append(.eraseContent(order)) { done(.closed) }
    }

    /// The content kept with an entry of the history, for ``read(_:receive:)``; nil if there is none.
    package func openKeptContent(_ number: Int) async throws -> ContentReader? {
        try await ask { reader throws(SpoolError) in try reader.keptContent(number) }
    }

    package func openDepartures() throws(SpoolError) -> any DepartureRows {
        try DepartureReader(path: context.path, isRunning: true)
    }

    // MARK: Outbox

    /// Events for a webhook, in order; those that wait, or those that are dead.
    package func outbox(
        of webhook: String, after number: Int = 0, isDead: Bool = false, limit: Int
    ) async throws -> [OutboxEntry] {
        try await ask { reader throws(SpoolError) in
            try reader.outbox.entries(of: webhook, after: number, isDead: isDead, limit: limit)
        }
    }

    /// Events for a webhook about one message that wait, in order.
    package func outbox(
        of webhook: String, about message: QueueID, after number: Int, limit: Int
    ) async throws -> [OutboxEntry] {
        try await ask { reader throws(SpoolError) in
            try reader.outbox.entries(of: webhook, about: message, after: number, limit: limit)
        }
    }

    /// When the oldest event of a webhook was recorded, dead or not, by the steady clock; nil for none.
    package func oldestInOutbox(of webhook: String) async throws -> Timestamp? {
        try await ask { reader throws(SpoolError) in try reader.outbox.oldest(of: webhook) }
    }

    /// Changes events in the outbox, in one commit, which it shares with mail that comes meanwhile.
    ///
    /// - Parameters:
    ///   - isUrgent: whether somebody waits for it.
    ///   - done: called on the writer's thread once that is durable, or has failed, with the number of events concerned.
    package func change(
        outbox updates: [OutboxUpdate], isUrgent: Bool = false,
        done: @escaping @Sendable (Result<Int, SpoolError>) -> Void
    ) {
        let order = OutboxOrder(updates: updates, done: done)
        if !context.inbox.append(.outbox(order), urgent: isUrgent) { done(.failure(.closed)) }
    }

    // MARK: For tests

    /// Requests a checkpoint, or segment maintenance, now.
    package func requestMaintenance(checkpoint: Bool = false) {
        if checkpoint { context.checkpointing.withLock { $0 = true } }
        context.requestMaintenance(checkpoint ? .checkpoint : .tidy)
    }

    /// Numbers of the segment files with live or pending octets, and how many octets those are.
    package var segmentUse: [Int: Int] {
        context.store.withState { $0.segments.mapValues { $0.live + $0.pending }.filter { $0.value > 0 } }
    }
}

extension Timestamp {
    /// The current time by the wall clock.
    package static var wallClock: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
