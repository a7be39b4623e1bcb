import Mail
import NIOCore
import TestKit
import Testing

@testable import History
@testable import Spool

@Suite("Power cuts and kills, at every write of a history", .timeLimit(.minutes(10)))
struct HistoryCutTests {
    @Test(
        "leave each message once, in the queue or in the history with its content, and no address that was erased",
        arguments: [1, 2] as [UInt64])
    func everyPrefix(seed: UInt64) async throws {
        let run = try RecordedHistory(seed: seed)
        let (entries, events) = try await run.record(messages: 14)
        var (image, random, checked) = (DiskImage(), SeededGenerator(seed: seed), 0)
        let first = try #require(events.first?.at)
        for (number, entry) in entries.enumerated() {
            image.add(entry)
            guard number >= first else { continue }
            let end = DiskImage.End.allCases[checked % DiskImage.End.allCases.count]
            checked += 1
            let directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
            try image.write(after: end, random: &random, from: run.path, to: directory.path)
            let books = HistoryBooks(events.prefix { $0.at <= number }.map(\.event))
            let place: Comment = "\(end) behind entry \(number) of \(entries.count)"
            do {
                #expect(try await books.faults(of: directory.path) == [], place)
            } catch {
                Issue.record(error, place)
            }
        }
        #expect(checked > 200)
    }
}

/// What a history has been asked, and has answered, until its end.
private struct HistoryBooks {
    enum Event: Sendable {
        case asked(QueueID, [UInt8])
        case accepted(QueueID)
        /// Its last outcome was submitted.
        case leaving(QueueID)
        /// That is durable.
        case left(QueueID)
        case erasing(Set<QueueID>)
        case erased
    }

    /// What may be found of one message.
    struct Account {
        let content: [UInt8]
        var mayBeQueued = true
        var mustBeSomewhere = false
        var mayHaveLeft = false
        var mayBeErased = false
        var isErased = false
    }

    private var accounts: [QueueID: Account] = [:]

    init(_ events: [Event]) {
        for event in events { add(event) }
    }

    private mutating func add(_ event: Event) {
        switch event {
        case .asked(let id, let content): accounts[id] = Account(content: content)
        case .accepted(let id): accounts[id]?.mustBeSomewhere = true
        case .leaving(let id): accounts[id]?.mayHaveLeft = true
        case .left(let id): accounts[id]?.mayBeQueued = false
        case .erasing(let ids): for id in ids { accounts[id]?.mayBeErased = true }
        case .erased: for (id, account) in accounts where account.mayBeErased { accounts[id]?.isErased = true }
        }
    }

    /// What is wrong in a directory, after the next start.
    func faults(of path: String) async throws -> [String] {
        let store = RecordedHistory.store()
        let spool = try SQLiteSpool.open(
            RecordedRun.settings(path: path), tuning: RecordedRun.tuning(recording: false),
            clock: { Timestamp(milliseconds: 7_000_000) }, recorder: store, events: { _ in })
        await spool.close()
        let queued = Set(try SpoolInspector(path: path).list(after: nil, limit: 100).map(\.id))
        let history = try StoppedHistory(path: path, keep: .seconds(86_400), now: Timestamp(milliseconds: 7_000_000))
        let records = try await history.page(HistoryFilter(), before: nil, limit: 1000).records
        let found = Dictionary(grouping: records, by: \.record.queueID)
        var faults = queued.union(found.keys).filter { accounts[$0] == nil }.map { "nobody has sent \($0)" }
        for (id, account) in accounts {
            let entries = found[id] ?? []
            if entries.count + (queued.contains(id) ? 1 : 0) > 1 { faults.append("\(id) is there more than once") }
            if queued.contains(id), !account.mayBeQueued { faults.append("\(id) has left, and is in the queue") }
            if !entries.isEmpty, !account.mayHaveLeft { faults.append("\(id) has not left, and is in the history") }
            if account.mustBeSomewhere, entries.isEmpty, !queued.contains(id) { faults.append("\(id) is lost") }
            for entry in entries { faults += try await account.faults(of: entry.record, entry.number, in: history) }
        }
        return faults
    }
}

extension HistoryBooks.Account {
    fileprivate func faults(
        of record: HistoryRecord, _ number: Int, in history: StoppedHistory
    ) async throws -> [String] {
        var faults: [String] = []
        let (address, id) = (record.recipients[0].address, record.queueID)
        if record.recipients.map(\.outcome) != [.delivered] { faults.append("\(id) has another outcome") }
        if address == nil, !mayBeErased { faults.append("\(id) has no address, which nobody has erased") }
        if address != nil, isErased { faults.append("\(id) has an address that is erased") }
        guard let reader = try await history.openContent(of: number) else {
            return mayBeErased ? faults : faults + ["\(id) has no content"]
        }
        var bytes: [UInt8] = []
        var isLast = false
        while !isLast {
            let part = try await history.nextPart(of: reader)
            bytes += part.bytes.readableBytesView
            isLast = part.isLast
        }
        if isErased || address == nil { faults.append("\(id) is erased, and its content is there") }
        return bytes == content ? faults : faults + ["\(id) has other content"]
    }
}

/// A spool and its history on a disk that is recorded.
private final class RecordedHistory {
    let directory: TemporaryDirectory
    let log = DiskLog()
    var path: String { directory.path + "/spool" }
    private let store = RecordedHistory.store()
    private let spool: SQLiteSpool
    private let port: SpoolPort
    private var answers: AsyncStream<Void>.Iterator
    private var random: SeededGenerator
    private var events: [(at: Int, event: HistoryBooks.Event)] = []
    private var ticket: UInt64 = 0

    init(seed: UInt64) throws {
        directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        random = SeededGenerator(seed: seed)
        RecordingVFS.record(directory.path + "/spool", in: log)
        spool = try SQLiteSpool.open(
            RecordedRun.settings(path: directory.path + "/spool"), tuning: RecordedRun.tuning(recording: true),
            files: RecordingFileLayer(log: log), clock: { Timestamp(milliseconds: 5_000_000) }, recorder: store,
            events: { _ in })
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        port = spool.openPort(arrivals: false) { completions in for _ in completions { continuation.yield() } }
        answers = stream.makeAsyncIterator()
    }

    /// Runs of few entries, and content.
    static func store() -> HistoryStore {
        var (settings, tuning) = (HistorySettings(), HistoryTuning())
        settings.content = true
        tuning.runEntries = 4
        tuning.interval = .milliseconds(1)
        return HistoryStore(settings, tuning: tuning, places: { _, _ in ("default", "default") })
    }

    /// Has messages come and leave, an address erased, and more messages come and leave.
    func record(
        messages: Int
    ) async throws -> (entries: [DiskLog.Entry], events: [(at: Int, event: HistoryBooks.Event)]) {
        let service = HistoryService(
            store, spool, path: path, now: { Timestamp(milliseconds: 5_000_000) })
        var erased: Set<QueueID> = []
        for number in 0..<messages {
            let id = await deliver(to: number % 3 == 1 ? "ann@example.com" : "bob@example.com")
            if number % 3 == 1 { erased.insert(id) }
            while store.runs.count < (number + 1) / 4 { await Task.yield() }
        }
        note(.erasing(erased))
        _ = try await service.erase("ann@example.com", isRehearsal: false)
        note(.erased)
        for _ in 0..<3 { _ = await deliver(to: "bob@example.com") }
        let recorded = (log.entries, events)
        await service.close()
        await spool.close()
        return recorded
    }

    private func deliver(to address: String) async -> QueueID {
        let content = [UInt8].content(
            [20, 200, 900, 2500].randomElement(using: &random)!, seed: UInt8.random(in: 0...255, using: &random))
        let new = NewMessage.sample(
            spool.makeQueueID(at: Timestamp(milliseconds: 1)), content, recipients: [.sample(address)])
        let id = new.message.id
        note(.asked(id, NewMessage.header + content))
        await ask { .accept(new, ticket: $0) }
        note(.accepted(id))
        var recipient = new.message.recipients[0]
        recipient.recordAttempt(by: "ses", "250 ok")
        recipient.markDelivered()
        let settlement = Settlement(
            id: id, recipients: [recipient], cycles: 0,
            attempt: AttemptRecord(
                upstream: "ses", startedAt: Timestamp(milliseconds: 1), endedAt: Timestamp(milliseconds: 2),
                recipients: [0], outcome: .delivered, phase: "dot", reply: "250 ok"))
        note(.leaving(id))
        await ask { .settle(settlement, ticket: $0) }
        note(.left(id))
        return id
    }

    private func ask(_ operation: (UInt64) -> SpoolOperation) async {
        ticket += 1
        spool.submit([operation(ticket)], from: port)
        await answers.next()
    }

    /// What happens from the next entry of the log on.
    private func note(_ event: HistoryBooks.Event) {
        events.append((log.entries.count, event))
    }
}
