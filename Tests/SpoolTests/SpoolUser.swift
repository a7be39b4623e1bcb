import Foundation
import Mail
import NIOCore
import Synchronization
import TestKit

@testable import Postgres
@testable import Spool

/// A spool in a temporary directory with one port, for a test that makes one request after another.
final class SpoolUser {
    let directory: TemporaryDirectory
    let spool: any RelaySpool
    private let gate: DatabaseGate?
    let port: SpoolPort
    let events: EventLog
    private var completions: AsyncStream<SpoolCompletion>.Iterator
    private var ticket: UInt64 = 0

    init(
        _ directory: TemporaryDirectory, settings: (inout SpoolSettings) -> Void = { _ in },
        tuning: SpoolTuning = .quick, files: any FileLayer = SystemFileLayer(),
        outbox: (any OutboxRecorder)? = nil, meter: SpoolMeter = .unused
    ) throws {
        var options = SpoolSettings()
        options.path = directory.path + "/spool"
        options.minFreeSpace = 0
        settings(&options)
        let events = EventLog()
        let (stream, continuation) = AsyncStream<SpoolCompletion>.makeStream()
        self.directory = directory
        self.events = events
        let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 5_000_000) }
        switch SpoolPlace.current {
        case .files:
            gate = nil
            spool = try SQLiteSpool.open(
                options, tuning: tuning, files: files, clock: clock, outbox: outbox, meter: meter, events: events.record
            )
        case .database:
            let gate = DatabaseGate(
                try TestDatabases.shared.database(of: directory.path), fault: tuning.commitFault)
            self.gate = gate
            spool = try PostgresSpool.open(
                PostgresSpoolSettings(node: "test", local: options), tuning: PostgresTuning(tuning),
                connect: { () throws(PostgresError) in try gate.connect() }, clock: clock, outbox: outbox, meter: meter,
                events: events.record)
        }
        port = spool.openPort(arrivals: true) { for completion in $0 { continuation.yield(completion) } }
        completions = stream.makeAsyncIterator()
    }

    /// The spool in files.
    var files: SQLiteSpool {
        guard let files = spool as? SQLiteSpool else { preconditionFailure("the spool is not in files") }
        return files
    }

    /// What the death of the process leaves, in a directory that is not open: this spool is of no use any more, but to be
    /// closed.
    func crashed() throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        gate?.close()
        try TestDatabases.shared.move(from: directory.path, to: copy.path)
        try FileManager.default.copyItem(atPath: directory.path + "/spool", toPath: copy.path + "/spool")
        return copy
    }

    func next() async -> SpoolCompletion {
        guard let completion = await completions.next() else {
            preconditionFailure("the test has run out of time, and the spool has not answered")
        }
        return completion
    }

    /// Nil if the message was accepted.
    func accept(_ new: NewMessage) async -> SpoolError? {
        await acceptArriving(new).error
    }

    func acceptArriving(_ new: NewMessage) async -> (error: SpoolError?, arrived: QueuedMessage?) {
        ticket += 1
        spool.submit([.accept(new, ticket: ticket)], from: port)
        var accepted = false
        while true {
            switch await next() {
            case .accepted(ticket): accepted = true
            case .refused(ticket, let error): return (error, nil)
            case .arrived(let queued) where accepted: return (nil, queued)
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
                .settled, .notSettled, .changed, .notChanged, .arrived:
                break
            }
        }
    }

    /// The answer to a message.
    func submit(_ new: NewMessage) async -> SpoolCompletion {
        ticket += 1
        spool.submit([.accept(new, ticket: ticket)], from: port)
        while true {
            let completion = await next()
            switch completion {
            case .accepted(ticket), .resubmitted(ticket, _), .refused(ticket, _): return completion
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
                .settled, .notSettled, .changed, .notChanged, .arrived:
                break
            }
        }
    }

    /// Nil if the part was written.
    func append(_ text: [UInt8], to stream: ContentStream) async -> SpoolError? {
        spool.submit([.append(stream, ByteBuffer(bytes: text))], from: port)
        while true {
            switch await next() {
            case .appended(stream, _): return nil
            case .appendFailed(stream, let error): return error
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
                .settled, .notSettled, .changed, .notChanged, .arrived:
                break
            }
        }
    }

    /// Nil if the attempt was recorded.
    func begin(_ id: QueueID, _ attempt: OpenAttempt) async -> SpoolError? {
        spool.submit([.beginAttempt(id, attempt)], from: port)
        while true {
            switch await next() {
            case .attemptRecorded(id): return nil
            case .attemptNotRecorded(id, let error): return error
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
                .settled, .notSettled, .changed, .notChanged, .arrived:
                break
            }
        }
    }

    /// Changes messages; the messages as they were, or why nothing has changed.
    func change(_ ids: [QueueID], _ change: MessageChange) async -> Result<[SpooledMessage?], SpoolError> {
        ticket += 1
        spool.submit([.change(ids, change, ticket: ticket)], from: port)
        while true {
            switch await next() {
            case .changed(ticket, let found): return .success(found)
            case .notChanged(ticket, let error): return .failure(error)
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
                .settled, .notSettled, .changed, .notChanged, .arrived:
                break
            }
        }
    }

    /// Submits operations without an answer, and waits until they have been tried.
    func perform(_ operations: SpoolOperation...) async {
        spool.submit(operations, from: port)
        await barrier()
    }

    /// Waits until everything submitted has been tried.
    func barrier() async {
        await withCheckedContinuation { continuation in spool.load([]) { _ in continuation.resume() } }
    }

    func load(_ ids: [QueueID]) async -> [LoadResult] {
        await withCheckedContinuation { continuation in spool.load(ids) { continuation.resume(returning: $0) } }
    }

    func bytes(_ content: MessageContent) async throws -> [UInt8] {
        switch content {
        case .resident(let resident): return resident.parts.flatMap { Array($0.readableBytesView) }
        case .stored(let reader): return try await bytes(reader)
        }
    }

    func bytes(_ reader: ContentReader) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let result = await withCheckedContinuation { continuation in
                spool.read(reader) { continuation.resume(returning: $0) }
            }
            let part = try result.get()
            bytes.append(contentsOf: part.bytes.readableBytesView)
            if part.isLast { return bytes }
        }
    }

    /// The content on disk, never that in memory.
    func storedBytes(_ id: QueueID) async throws -> [UInt8]? {
        guard let reader = try await spool.openContent(of: id) else { return nil }
        return try await bytes(reader)
    }
}

/// The events of a spool, to examine and wait for.
final class EventLog: Sendable {
    private let stream: AsyncStream<SpoolEvent>
    private let continuation: AsyncStream<SpoolEvent>.Continuation
    private let events = Mutex<[SpoolEvent]>([])

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    var record: @Sendable (SpoolEvent) -> Void {
        { event in
            self.events.withLock { $0.append(event) }
            self.continuation.yield(event)
        }
    }

    var all: [SpoolEvent] { events.withLock { $0 } }

    /// Waits for an event that satisfies `condition`, consuming those before it.
    func first(where condition: @Sendable (SpoolEvent) -> Bool) async -> SpoolEvent {
        for await event in stream where condition(event) { return event }
        fatalError("the events have ended")
    }
}

extension SpoolTuning {
    /// Times short enough that no test waits.
    static var quick: SpoolTuning {
        var tuning = SpoolTuning()
        tuning.lazyWait = .milliseconds(1)
        tuning.retryInterval = .milliseconds(5)
        tuning.maintenanceInterval = .milliseconds(20)
        tuning.maxReserve = 1 << 20
        return tuning
    }
}

extension PostgresTuning {
    /// The same for a database: content that would go into segments goes into chunks.
    init(_ tuning: SpoolTuning) {
        self.init()
        lazyWait = tuning.lazyWait
        retryInterval = tuning.retryInterval
        shortestPause = .milliseconds(1)
        maintenanceInterval = tuning.maintenanceInterval
        residentLimit = tuning.residentLimit
        inlineLimit = min(inlineLimit, tuning.inlineLimit)
        chunkSize = min(chunkSize, tuning.partSize)
        partChunks = 3
        expiryBatch = tuning.expiryBatch
        outboxStep = OutboxTable.step
        maxResubmissions = tuning.maxResubmissions
    }
}

extension NewMessage {
    static let header = Array("Received: here\r\n".utf8)

    static func sample(
        _ id: QueueID, _ content: [UInt8], recipients: [Recipient] = [.sample()], sender: String? = "a@example.org",
        priority: Priority = .normal, routing: RoutingFacts = .none, stream: ContentStream? = nil,
        resubmission: Resubmission? = nil
    ) -> NewMessage {
        let message = SpooledMessage(
            id: id, receivedAt: Timestamp(milliseconds: 1_000_000),
            sender: ReversePath(address: sender.map(Address.init(unchecked:))), body: .eightBitMIME,
            contained: .sevenBit, priority: priority, messageID: "<1@example.org>", origin: "client [127.0.0.1]",
            routing: routing,
            size: content.count + header.count,
            recipients: recipients)
        return NewMessage(
            message: message, header: ByteBuffer(bytes: header),
            content: stream.map { .stream($0) } ?? .whole(ByteBuffer(bytes: content)), resubmission: resubmission)
    }
}

extension Recipient {
    static func sample(_ address: String = "b@example.net", state: State = .queued) -> Recipient {
        Recipient(
            address: Address(unchecked: address), state: state, holdReason: state == .held ? .operator : nil)
    }
}

extension [UInt8] {
    /// This many octets, depending on the seed.
    static func content(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ Int(seed)) }
    }
}
