package import Mail
internal import NIOCore
package import Spool
internal import Synchronization

/// The spool of a cluster: everything in a PostgreSQL database, which outlives this machine.
///
/// What the tables hold, and how a lost connection is survived: docs/cluster.md.
package final class PostgresSpool: RelaySpool {
    package typealias Connect = @Sendable () throws(PostgresError) -> any PostgresSession

    private let context: PostgresContext
    private let lock: SpoolLock
    private let threads: Threads

    private struct Threads {
        let writer: SpoolThread
        let delivery: SpoolThread
        let operators: SpoolThread
        let vacuum: SpoolThread
    }

    /// Opens the spool, makes its tables where they are missing, and closes what a crash has left open.
    ///
    /// - Parameters:
    ///   - connect: makes a connection; called on several threads, which it blocks.
    ///   - patiently: the same for statements that take long; `connect` if nil.
    ///   - clock: the system's.
    ///   - steady: the clock that nobody can set; `clock` if nil.
    ///   - last: new queue IDs are greater, whatever the clock says.
    ///   - recorder: writes what is kept about messages that leave; nil for nothing.
    ///   - outbox: makes events for webhooks; nil for none.
    ///   - meter: what is measured.
    ///   - database: told of connections; called on the spool's threads, must not block.
    ///   - events: the same for all else.
    /// - Throws: ``SpoolError`` `locked` if another relay uses the database or the data directory, `schema` or `inputOutput`.
    package static func open(
        _ settings: PostgresSpoolSettings, tuning: PostgresTuning = PostgresTuning(), connect: @escaping Connect,
        patiently: Connect? = nil,
        clock: @escaping @Sendable () -> Timestamp = { .wallClock }, steady: (@Sendable () -> Timestamp)? = nil,
        after last: QueueID = QueueID(rawValue: 0), recorder: (any DepartureRecorder)? = nil,
        outbox: (any OutboxRecorder)? = nil, meter: SpoolMeter = .unused,
        database: @escaping @Sendable (DatabaseEvent) -> Void = { _ in },
        events: @escaping @Sendable (SpoolEvent) -> Void
    ) throws(SpoolError) -> PostgresSpool {
        let started = Monotonic.now
        let files = SystemFileLayer()
        try files.makeDataDirectory(settings.local.path)
        let lock = try SpoolLock(directory: settings.local.path)
        let lastMoved = try recorder?.open(in: settings.local.path, files) ?? 0
        let context = PostgresContext(
            settings: settings, tuning: tuning, after: last, lastMoved: lastMoved, clock: clock,
            steady: steady ?? clock,
            recorder: recorder, outbox: outbox, meter: meter, connect: connect,
            patiently: patiently ?? connect, database: database, events: events)
        let writer = PostgresWriter(context)
        let interrupted = try writer.open()
        let took = Duration.nanoseconds(Monotonic.now - started)
        events(.opened(messages: writer.counts.messages, interrupted: interrupted, took: took))
        return PostgresSpool(context, lock, writer)
    }

    private init(_ context: PostgresContext, _ lock: SpoolLock, _ writer: PostgresWriter) {
        self.context = context
        self.lock = lock
        let (delivery, operators) = (PostgresReader(context), PostgresReader(context))
        let vacuum = PostgresVacuum(context)
        threads = Threads(
            writer: SpoolThread("spool-writer") { writer.run() },
            delivery: SpoolThread("spool-reader") { delivery.run(context.deliveryReads) },
            operators: SpoolThread("spool-operator") { operators.run(context.operatorReads) },
            vacuum: SpoolThread("spool-vacuum") { vacuum.run(context.vacuum) })
    }

    /// Puts other limits into force; the database stays the same.
    package func replace(with settings: SpoolSettings) {
        context.maxOctets.store(settings.maxOctets, ordering: .relaxed)
        context.budget.replace(limit: settings.memoryBudget)
        _ = context.inbox.append(.checkLimit)
    }

    package func close() async {
        context.inbox.close()
        context.vacuum.close()
        await endVacuum()
        await threads.writer.join()
        context.deliveryReads.close()
        context.operatorReads.close()
        await threads.delivery.join()
        await threads.operators.join()
        await threads.vacuum.join()
        context.dots?.closeCleanly()
        lock.release()
    }

    /// Nobody waits minutes for it.
    private func endVacuum() async {
        context.isClosing.store(true, ordering: .sequentiallyConsistent)
        let process = context.vacuuming.load(ordering: .sequentiallyConsistent)
        guard process != 0 else { return }
        let end = PostgresStatement("end_vacuum", "SELECT pg_terminate_backend($1::bigint::integer)")
        _ = try? await ask { session throws(PostgresError) in try session.run(end, .integer(process)).count }
    }

    // MARK: For sessions

    package func makeQueueID(at now: Timestamp) -> QueueID { context.makeQueueID(at: now) }

    /// Nothing is inserted with an attempt open.
    package func expectAttempts(through upstream: String?) {}

    package var recordsAttemptsAtDots: Bool { true }

    package func noteFinalDot(of id: QueueID) { context.dots?.note(id) }

    package var pastFinalDot: Set<QueueID>? { context.dots?.noted }

    package var refusal: SpoolError? { context.health.refusal }

    package var residentOctets: Int { context.budget.used }

    package func openPort(arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void) -> SpoolPort {
        context.ports.open(arrivals: arrivals, receive: receive)
    }

    package func submit(_ operations: [SpoolOperation], from port: SpoolPort) {
        guard !operations.isEmpty else { return }
        let octets = operations.reduce(0) { $0 + $1.octets }
        let isUrgent = operations.contains { $0.isUrgent }
        context.budget.add(octets)
        guard !context.inbox.append(.operations(operations, from: port, octets: octets), urgent: isUrgent) else {
            return
        }
        context.budget.remove(octets)
        var refused = CompletionBatch()
        for operation in operations { operation.refuse(.closed, port, &refused) }
        context.ports.deliver(&refused)
    }

    package func load(_ ids: [QueueID], receive: @escaping @Sendable ([LoadResult]) -> Void) {
        guard !context.inbox.append(.load(LoadOrder(ids: ids, receive: receive))) else { return }
        receive(ids.map { .failed($0, .closed) })
    }

    package func read(
        _ reader: ContentReader, receive: @escaping @Sendable (Result<ContentPart, SpoolError>) -> Void
    ) {
        guard let reader = reader as? PostgresContentReader else {
            preconditionFailure("content is read through the spool that has it")
        }
        let inbox = reader.isForOperators ? context.operatorReads : context.deliveryReads
        if !inbox.append({ receive($0.next(reader)) }) { receive(.failure(.closed)) }
    }

    // MARK: For operators

    package func schedule() async throws -> [ScheduledMessage] {
        try await ask { session throws(PostgresError) in try PostgresQueries(session).schedule() }
    }

    package func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage] {
        try await ask { session throws(PostgresError) in
            try PostgresQueries(session).page(after: last, limit: limit).map(\.message)
        }
    }

    package func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result {
        try await ask { session throws(PostgresError) in
            var result = result
            for columns in try PostgresQueries(session).messages(ids) {
                MessageGlance.with(columns.message) { look(&result, $0) }
            }
            return result
        }
    }

    package func message(_ id: QueueID) async throws -> SpooledMessage? {
        try await ask { session throws(PostgresError) in try PostgresQueries(session).messages([id]).first?.message }
    }

    package func attempts(of id: QueueID) async throws -> [AttemptRecord] {
        try await ask { session throws(PostgresError) in try PostgresQueries(session).attempts(of: id) }
    }

    package func openContent(of id: QueueID) async throws -> ContentReader? {
        try await ask { session throws(PostgresError) in
            try PostgresQueries(session).messages([id]).first.map { PostgresContentReader($0, isForOperators: true) }
        }
    }

    package func statistics(at now: Timestamp) async throws -> SpoolStatistics {
        var (statistics, last) = (SpoolStatistics(), QueueID?.none)
        repeat {
            (statistics, last) = try await scan(after: last, limit: 5000, into: statistics) { $0.add($1) }
        } while last != nil
        return statistics
    }

    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (any PostgresSession) throws(PostgresError) -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = context.operatorReads.append { reader in
                continuation.resume(with: Result { () throws(SpoolError) in try reader.ask(question) })
            }
            if !isTaken { continuation.resume(throwing: SpoolError.closed) }
        }
    }
}

// MARK: - Departures

extension PostgresSpool {
    /// Octets that the database keeps about messages that have left.
    package var departureOctets: Int { context.departureOctets.load(ordering: .relaxed) }

    /// How much room a database has is its own operator's matter.
    package var isShortOfRoom: Bool { false }

    /// What is kept about messages that have left is not needed any more up to this entry: it goes in small steps.
    package func forgetDepartures(through last: Int) { _ = context.inbox.append(.forgetDepartures(through: last)) }

    /// Octets of content that is kept.
    package var keptOctets: Int { context.keptOctets.load(ordering: .relaxed) }

    /// Content kept with entries up to this one is not needed any more: it goes in small steps.
    package func forgetContent(through last: Int) { _ = context.inbox.append(.forgetContent(through: last)) }

    /// Removes the content kept with these entries, of which there should not be many.
    ///
    /// - Parameter done: called on the writer's thread once that is durable, or has failed.
    package func eraseContent(of numbers: [Int], done: @escaping @Sendable (SpoolError?) -> Void) {
        if !context.inbox.append(.eraseContent(numbers, done: done)) { done(.closed) }
    }

    /// The content kept with an entry of the history, for ``read(_:receive:)``; nil if there is none.
    package func openKeptContent(_ number: Int) async throws -> ContentReader? {
        try await ask { session throws(PostgresError) in try PostgresQueries(session).keptContent(number) }
    }
}

extension PostgresSpool {
    package func openDepartures() throws(SpoolError) -> any DepartureRows {
        do throws(PostgresError) {
            return PostgresDepartures(try context.connect())
        } catch {
            throw SpoolError(error)
        }
    }
}

// MARK: - Outbox

extension PostgresSpool {
    /// Events for a webhook, in order; those that wait, or those that are dead.
    package func outbox(
        of webhook: String, after number: Int = 0, isDead: Bool = false, limit: Int
    ) async throws -> [OutboxEntry] {
        try await ask { session throws(PostgresError) in
            try PostgresQueries(session).events(of: webhook, after: number, isDead: isDead, limit: limit)
        }
    }

    /// Events for a webhook about one message that wait, in order.
    package func outbox(
        of webhook: String, about message: QueueID, after number: Int, limit: Int
    ) async throws -> [OutboxEntry] {
        try await ask { session throws(PostgresError) in
            try PostgresQueries(session).events(of: webhook, about: message, after: number, limit: limit)
        }
    }

    /// When the oldest event of a webhook was recorded, dead or not, by the steady clock; nil for none.
    package func oldestInOutbox(of webhook: String) async throws -> Timestamp? {
        try await ask { session throws(PostgresError) in try PostgresQueries(session).oldestEvent(of: webhook) }
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
        let order = EventOrder(updates: updates, done: done)
        if !context.inbox.append(.events(order), urgent: isUrgent) { done(.failure(.closed)) }
    }
}
