import Mail
import NIOCore
import Postgres
import Spool
import Synchronization
import TestKit
import Testing

/// A spool in a database, as a relay has it.
final class DatabaseSpool: Sendable {
    let spool: PostgresSpool
    let database: String
    private let directory: TemporaryDirectory
    private let recovery: Recovery

    /// - Parameter database: a connection string.
    init(
        _ database: String, in directory: TemporaryDirectory? = nil, plan: FaultPlan = FaultPlan(),
        tuning: PostgresTuning = .quick, keepsContent: Bool = false
    ) throws {
        self.database = database
        self.directory = try directory ?? TemporaryDirectory()
        var local = SpoolSettings()
        local.path = self.directory.path + "/spool"
        local.minFreeSpace = 0
        let recovery = Recovery()
        self.recovery = recovery
        let settings = PostgresSettings(database: database)
        spool = try PostgresSpool.open(
            PostgresSpoolSettings(node: "test", local: local), tuning: tuning,
            connect: { () throws(PostgresError) in try plan.connect(settings) },
            clock: { Timestamp(milliseconds: 5_000_000) }, recorder: LeavingIDs(keepsContent: keepsContent),
            outbox: StateEvents(), events: recovery.note)
    }

    func makeID() -> QueueID { spool.makeQueueID(at: Timestamp(milliseconds: 1)) }

    /// Waits until everything submitted has been tried.
    func barrier() async {
        await withCheckedContinuation { continuation in spool.load([]) { _ in continuation.resume() } }
    }

    /// Waits until mail is welcome.
    func recovered() async { await recovery.wait { self.spool.refusal == nil } }

    /// Waits until mail is welcome, and no outcome of these messages waits.
    func settled(_ ids: some Collection<QueueID> & Sendable) async {
        var rest = Array(ids)
        while !rest.isEmpty || spool.refusal != nil {
            await recovered()
            let results = await withCheckedContinuation { continuation in
                spool.load(rest) { continuation.resume(returning: $0) }
            }
            rest = zip(rest, results).filter { if case .failed = $1 { true } else { false } }.map(\.0)
        }
    }

    // MARK: - Comparison

    /// Compares everything in the database with the books.
    func compare(with books: SpoolBooks, at place: SourceLocation = #_sourceLocation) async throws {
        let listed = try await spool.list(after: nil, limit: 1_000_000)
        let wanted = books.entries.values.map(\.message).sorted { $0.id < $1.id }
        #expect(listed == wanted, sourceLocation: place)
        for (id, entry) in books.entries {
            #expect(try await content(of: id) == entry.content, sourceLocation: place)
            #expect(try await spool.attempts(of: id) == entry.attempts, sourceLocation: place)
        }
        let events = try await spool.outbox(of: StateEvents.webhook, after: 0, isDead: false, limit: 1_000_000)
        let texts = events.map { "\($0.message) " + String(decoding: $0.payload, as: UTF8.self) }
        #expect(texts.sorted() == books.events.sorted(), sourceLocation: place)
        let batches = try spool.openDepartures().batches(after: 0, limit: 1_000_000)
        #expect(
            batches.flatMap { LeavingIDs.decode($0.entries) }.sorted() == books.departures.sorted(),
            sourceLocation: place)
        #expect(zip(batches, batches.dropFirst()).allSatisfy { $0.last + 1 == $1.first }, sourceLocation: place)
        #expect(try orphans() == [0, 0, 0, 0, 0], sourceLocation: place)
    }

    private func content(of id: QueueID) async throws -> [UInt8]? {
        guard let reader = try await spool.openContent(of: id) else { return nil }
        var bytes: [UInt8] = []
        while true {
            let result = await withCheckedContinuation { continuation in
                spool.read(reader) { continuation.resume(returning: $0) }
            }
            let part = try result.get()
            bytes += part.bytes.readableBytesView
            if part.isLast { return bytes }
        }
    }

    private static let orphans = PostgresStatement(
        "",
        """
        SELECT
            (SELECT count(*) FROM content WHERE id NOT IN (SELECT id FROM message UNION SELECT id FROM kept_content)),
            (SELECT count(*) FROM chunk WHERE content NOT IN (SELECT coalesce(chunks, 0) FROM message
                UNION SELECT coalesce(chunks, 0) FROM kept_content UNION SELECT content FROM stream)),
            (SELECT count(*) FROM attempt WHERE message NOT IN (SELECT id FROM message)),
            (SELECT count(*) FROM kept_content k WHERE NOT EXISTS (SELECT FROM content c WHERE c.id = k.id)),
            (SELECT count(*) FROM message m WHERE ledger <> (SELECT count(*) FROM attempt a WHERE a.message = m.id))
        """)

    /// Rows that belong to nothing.
    private func orphans() throws -> [Int] {
        let rows = try PostgresConnector.connect(PostgresSettings(database: database)).run(Self.orphans)
        return (0..<5).map { rows.integer(0, $0) }
    }

    /// Streams that are open, or were given up by a relay that has died.
    func streams() throws -> Int {
        try PostgresConnector.connect(PostgresSettings(database: database))
            .run(PostgresStatement("", "SELECT count(*) FROM stream")).integer(0, 0)
    }
}

/// Tells when a spool takes mail again.
private final class Recovery: Sendable {
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

    var note: @Sendable (SpoolEvent) -> Void {
        { event in
            guard case .recovered = event else { return }
            let waiting = self.waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// - Parameter isWelcome: false before the event only.
    func wait(until isWelcome: @Sendable () -> Bool) async {
        await withCheckedContinuation { continuation in
            let isOver = waiting.withLock { waiting in
                guard !isWelcome() else { return true }
                waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

/// A port of a spool, for a test that makes one request after another and books them.
final class DatabaseUser {
    let database: DatabaseSpool
    let port: SpoolPort
    private(set) var books = SpoolBooks()
    private var completions: AsyncStream<SpoolCompletion>.Iterator
    private var lastTicket: UInt64 = 0
    private var lastStream: UInt64 = 0

    init(_ database: DatabaseSpool) {
        self.database = database
        let (stream, continuation) = AsyncStream<SpoolCompletion>.makeStream()
        port = database.spool.openPort(arrivals: false) { for completion in $0 { continuation.yield(completion) } }
        completions = stream.makeAsyncIterator()
    }

    func ticket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    func stream() -> ContentStream {
        lastStream += 1
        return ContentStream(port: port, number: lastStream)
    }

    /// Submits operations at once, waits for all answers, and books them.
    @discardableResult
    func perform(_ operations: [SpoolOperation]) async -> [Answer?] {
        submit(operations)
        return await answers(to: operations)
    }

    func submit(_ operations: [SpoolOperation]) { database.spool.submit(operations, from: port) }

    /// Waits for the answers to operations that were submitted, and books them.
    @discardableResult
    func answers(to operations: [SpoolOperation]) async -> [Answer?] {
        let keys = operations.map(AnswerKey.init)
        var open = Set(keys.compactMap(\.self))
        var answers: [AnswerKey: Answer] = [:]
        while !open.isEmpty {
            guard let completion = await completions.next() else { preconditionFailure("the spool has not answered") }
            guard let (key, answer) = completion.answer else { continue }
            if open.remove(key) == nil { Issue.record("\(key) was answered though nobody waited: \(answer)") }
            answers[key] = answer
        }
        let found = keys.map { key in key.flatMap { answers[$0] } }
        for (operation, answer) in zip(operations, found) { books.record(operation, answer) }
        return found
    }

    @discardableResult
    func perform(_ operation: SpoolOperation) async -> Answer? { await perform([operation])[0] }

    func accept(_ new: NewMessage) async -> Answer? { await perform(.accept(new, ticket: ticket())) }
}
