import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

@Suite("Power cuts and kills, at every write of an outbox", .timeLimit(.minutes(10)))
struct OutboxCutTests {
    @Test("leave an outcome and its event, or neither, and no event that was removed", arguments: [1, 2] as [UInt64])
    func everyPrefix(seed: UInt64) async throws {
        let run = try RecordedOutbox(seed: seed)
        let (entries, events) = try await run.record(messages: 12)
        var (image, random, checked) = (DiskImage(), SeededGenerator(seed: seed), 0)
        let first = try #require(events.first?.at)
        for (number, entry) in entries.enumerated() {
            image.add(entry)
            guard number >= first else { continue }
            let end = DiskImage.End.allCases[checked % DiskImage.End.allCases.count]
            checked += 1
            let directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
            try image.write(after: end, random: &random, from: run.path, to: directory.path)
            let books = OutboxBooks(events.prefix { $0.at <= number }.map(\.event))
            let place: Comment = "\(end) behind entry \(number) of \(entries.count)"
            do {
                #expect(try await books.faults(of: directory.path) == [], place)
            } catch {
                Issue.record(error, place)
            }
        }
        #expect(checked > 80)
    }
}

/// What a spool with an outbox has been asked, and has answered, until its end.
private struct OutboxBooks {
    enum Event: Sendable {
        case asked(QueueID)
        case accepted(QueueID)
        /// Its last outcome was submitted.
        case leaving(QueueID)
        /// That is durable.
        case left(QueueID)
        /// Its event is to be removed.
        case removing(QueueID)
        case removed(QueueID)
    }

    /// What may be found of one message.
    struct Account {
        var mustBeSomewhere = false
        var mayHaveLeft = false
        var hasLeft = false
        var mayBeRemoved = false
        var isRemoved = false
    }

    private var accounts: [QueueID: Account] = [:]

    init(_ events: [Event]) {
        for event in events { add(event) }
    }

    private mutating func add(_ event: Event) {
        switch event {
        case .asked(let id): accounts[id] = Account()
        case .accepted(let id): accounts[id]?.mustBeSomewhere = true
        case .leaving(let id): accounts[id]?.mayHaveLeft = true
        case .left(let id): accounts[id]?.hasLeft = true
        case .removing(let id): accounts[id]?.mayBeRemoved = true
        case .removed(let id): accounts[id]?.isRemoved = true
        }
    }

    /// What is wrong in a directory, after the next start.
    func faults(of path: String) async throws -> [String] {
        let recorder = TestRecorder()
        let spool = try SQLiteSpool.open(
            RecordedRun.settings(path: path), tuning: RecordedRun.tuning(recording: false),
            clock: { Timestamp(milliseconds: 7_000_000) }, outbox: recorder, events: { _ in })
        let queued = Set(try await spool.list(after: nil, limit: 100).map(\.id))
        let entries = try await spool.outbox(of: "app", limit: 100)
        await spool.close()
        let found = Dictionary(grouping: entries, by: \.message)
        var faults = found.keys.filter { accounts[$0] == nil }.map { "nobody has sent \($0)" }
        if (recorder.sums["app"] ?? OutboxSum()).waiting != entries.count { faults.append("the sums are wrong") }
        for (id, account) in accounts {
            faults += account.faults(queued.contains(id), found[id] ?? []).map { "\(id) \($0)" }
        }
        return faults
    }
}

extension OutboxBooks.Account {
    fileprivate func faults(_ isQueued: Bool, _ entries: [OutboxEntry]) -> [String] {
        var faults: [String] = []
        if entries.count > 1 { faults.append("has two events") }
        if isQueued, !entries.isEmpty { faults.append("waits, and has the event of an outcome") }
        if isQueued, hasLeft { faults.append("has left, and waits") }
        if !entries.isEmpty, !mayHaveLeft { faults.append("has an event, and no outcome") }
        if !entries.isEmpty, isRemoved { faults.append("has an event that was removed") }
        if !isQueued, entries.isEmpty, mustBeSomewhere, !mayBeRemoved { faults.append("has left without its event") }
        return faults
    }
}

/// A spool with an outbox on a disk that is recorded.
private final class RecordedOutbox {
    let directory: TemporaryDirectory
    let log = DiskLog()
    var path: String { directory.path + "/spool" }
    private let spool: SQLiteSpool
    private let port: SpoolPort
    private var answers: AsyncStream<Void>.Iterator
    private var random: SeededGenerator
    private var events: [(at: Int, event: OutboxBooks.Event)] = []
    private var ticket: UInt64 = 0

    init(seed: UInt64) throws {
        directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        random = SeededGenerator(seed: seed)
        RecordingVFS.record(directory.path + "/spool", in: log)
        spool = try SQLiteSpool.open(
            RecordedRun.settings(path: directory.path + "/spool"), tuning: RecordedRun.tuning(recording: true),
            files: RecordingFileLayer(log: log), clock: { Timestamp(milliseconds: 5_000_000) },
            outbox: TestRecorder(size: 600), events: { _ in })
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        port = spool.openPort(arrivals: false) { completions in for _ in completions { continuation.yield() } }
        answers = stream.makeAsyncIterator()
    }

    /// Has messages come and leave, and some of their events delivered.
    func record(
        messages: Int
    ) async throws -> (entries: [DiskLog.Entry], events: [(at: Int, event: OutboxBooks.Event)]) {
        var left: [QueueID] = []
        for _ in 0..<messages {
            left.append(await deliver())
            if Bool.random(using: &random) { try await remove(left.removeFirst()) }
        }
        let recorded = (log.entries, events)
        await spool.close()
        return recorded
    }

    private func deliver() async -> QueueID {
        let new = NewMessage.sample(
            spool.makeQueueID(at: Timestamp(milliseconds: 1)), [UInt8].content(200), recipients: [.sample()])
        let id = new.message.id
        note(.asked(id))
        await ask { .accept(new, ticket: $0) }
        note(.accepted(id))
        var recipient = new.message.recipients[0]
        recipient.recordAttempt(by: "ses", "250 ok")
        recipient.markDelivered()
        let settlement = Settlement(id: id, recipients: [recipient], cycles: 0, attempt: nil)
        note(.leaving(id))
        await ask { .settle(settlement, ticket: $0) }
        note(.left(id))
        return id
    }

    private func remove(_ id: QueueID) async throws {
        let numbers = try await spool.outbox(of: "app", limit: 100).filter { $0.message == id }.map(\.number)
        note(.removing(id))
        #expect(try await spool.change(outbox: .remove(numbers)) == 1)
        note(.removed(id))
    }

    private func ask(_ operation: (UInt64) -> SpoolOperation) async {
        ticket += 1
        spool.submit([operation(ticket)], from: port)
        await answers.next()
    }

    /// What happens from the next entry of the log on.
    private func note(_ event: OutboxBooks.Event) {
        events.append((log.entries.count, event))
    }
}
