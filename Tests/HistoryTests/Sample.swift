import Mail
import NIOCore
import Spool
import Synchronization
import TestKit

@testable import History

extension HistoryRecord {
    /// - Parameter number: makes the texts and times of records differ.
    static func sample(
        _ number: Int, sender: String = "app@example.org", user: String? = nil, recipients: [Recipient]? = nil
    ) -> HistoryRecord {
        let received = Timestamp(milliseconds: 1_800_000_000_000 + Int64(number) * 1000)
        return HistoryRecord(
            queueID: QueueID(rawValue: Int64(number) << 20), receivedAt: received,
            finishedAt: received + .milliseconds(250),
            size: 1000 + number, sender: sender, messageID: "<\(number)@example.org>", user: user,
            recipients: recipients ?? [.sample("r\(number)@example.net", receivedAt: received)])
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}

extension HistoryRecord.Recipient {
    static func sample(
        _ address: String?, _ outcome: HistoryOutcome = .delivered, upstream: String? = "ses",
        route: String = "default",
        reply: String? = "250 2.0.0 ok", receivedAt: Timestamp, wait: Int64 = 250
    ) -> Self {
        Self(
            address: address, outcome: outcome, failureClass: outcome == .failed ? .invalidRecipient : nil,
            upstream: upstream, route: route, stream: route, reply: reply, attempts: upstream == nil ? 0 : 1,
            firstAttemptAt: upstream == nil ? nil : receivedAt + .milliseconds(10),
            finishedAt: receivedAt + .milliseconds(wait))
    }
}

extension HistoryTuning {
    /// Runs of few entries, and no waiting.
    static func quick(_ entries: Int) -> HistoryTuning {
        var tuning = HistoryTuning()
        tuning.runEntries = entries
        tuning.smallRunEntries = entries
        tuning.interval = .milliseconds(2)
        tuning.stepPause = .zero
        return tuning
    }
}

/// A spool with a history in a temporary directory.
final class Stage {
    let directory: TemporaryDirectory
    let store: HistoryStore
    let spool: SQLiteSpool
    let service: HistoryService
    let notices = Notices()
    private let port: SpoolPort
    private var number: Int64 = 0

    final class Notices: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        var record: @Sendable (String) -> Void { { text in self.texts.withLock { $0.append(text) } } }
    }

    init(
        _ directory: TemporaryDirectory? = nil, entries: Int = 1000, files: any FileLayer = SystemFileLayer(),
        _ change: (inout HistorySettings, inout HistoryTuning) -> Void = { _, _ in }
    ) throws {
        var (settings, tuning) = (HistorySettings(), HistoryTuning.quick(entries))
        change(&settings, &tuning)
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        let clock = SharedClock()
        store = HistoryStore(
            settings, tuning: tuning,
            places: { recipient, message in
                (recipient.address.domain == "b.example" ? "second" : "default", message.user ?? "default")
            },
            notice: notices.record)
        var spoolSettings = SpoolSettings()
        spoolSettings.path = directory.path + "/spool"
        spoolSettings.minFreeSpace = 0
        var spoolTuning = SpoolTuning()
        spoolTuning.lazyWait = .milliseconds(1)
        spoolTuning.maintenanceInterval = .seconds(3600)
        spoolTuning.maxReserve = 0
        spoolTuning.departureStep = 3
        spoolTuning.contentStep = 2
        spoolTuning.segmentSize = 256 << 10
        spoolTuning.smallestSegment = 64 << 10
        spool = try SQLiteSpool.open(
            spoolSettings, tuning: spoolTuning, files: files, clock: { clock.now }, recorder: store, events: { _ in })
        service = HistoryService(store, spool, path: spoolSettings.path, now: { clock.now })
        port = spool.openPort(arrivals: false) { _ in }
        shared = clock
    }

    private let shared: SharedClock

    final class SharedClock: Sendable {
        private let time = Mutex(Timestamp(milliseconds: 1_800_000_000_000))
        var now: Timestamp {
            get { time.withLock { $0 } }
            set { time.withLock { $0 = newValue } }
        }
    }

    var now: Timestamp {
        get { shared.now }
        set { shared.now = newValue }
    }

    /// Accepts a message for these recipients and delivers it; its attempt took 40 ms.
    @discardableResult
    func deliver(
        _ recipients: [String], user: String? = nil, reply: String = "250 2.0.0 ok", content: String = Stage.content
    ) async -> QueueID {
        let message = accept(recipients, user: user, content: content)
        var last = message
        for index in last.recipients.indices {
            last.recipients[index].recordAttempt(by: "ses", reply)
            last.recipients[index].markDelivered()
        }
        let attempt = AttemptRecord(
            upstream: "ses", startedAt: now + .milliseconds(10), endedAt: now + .milliseconds(50),
            recipients: Array(recipients.indices), outcome: .delivered, phase: "dot", reply: reply)
        await end(last, [attempt])
        return message.id
    }

    static let header = "Received: here\r\n"
    static let content = "Subject: x\r\n\r\n"

    func accept(_ recipients: [String], user: String? = nil, content: String = Stage.content) -> SpooledMessage {
        number += 1
        let message = SpooledMessage(
            id: spool.makeQueueID(at: now), receivedAt: now,
            sender: ReversePath(address: Address(unchecked: "app@example.org")),
            body: .sevenBit, priority: .normal, messageID: "<m\(number)@example.org>", origin: "test", user: user,
            size: 100, recipients: recipients.map { Recipient(address: Address(unchecked: $0)) })
        let new = NewMessage(
            message: message, header: ByteBuffer(string: Self.header), content: .whole(ByteBuffer(string: content)))
        spool.submit([.accept(new, ticket: 1)], from: port)
        return message
    }

    /// Records the last state of a message.
    func end(_ message: SpooledMessage, _ attempts: [AttemptRecord]) async {
        var settlement = Settlement(
            id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: attempts.first)
        settlement.last = LastState(message, attempts)
        spool.submit([.settle(settlement)], from: port)
        await barrier()
    }

    func perform(_ operation: SpoolOperation) async {
        spool.submit([operation], from: port)
        await barrier()
    }

    /// Waits until everything submitted is durable.
    func barrier() async {
        await withCheckedContinuation { continuation in spool.load([]) { _ in continuation.resume() } }
    }

    /// Waits until the history's thread has made this so.
    func wait(until isSo: () throws -> Bool) async rethrows {
        while try !isSo() { await Task.yield() }
    }

    /// All that matches, newest first, a page at a time.
    func search(
        limit: Int = 1000, _ change: (inout HistoryFilter) -> Void = { _ in }
    ) async throws -> [HistoryRecord] {
        var filter = HistoryFilter()
        change(&filter)
        var (found, next): ([HistoryRecord], Int?) = ([], nil)
        repeat {
            let page = try await service.page(filter, before: next, limit: limit)
            found += page.records.map(\.record)
            next = page.next
        } while next != nil
        return found
    }

    /// The content kept of each message, newest first; nil for none.
    func contents() async throws -> [String?] {
        var contents: [String?] = []
        for number in try await service.page(HistoryFilter(), before: nil, limit: 1000).records.map(\.number) {
            contents.append(try await service.content(of: number))
        }
        return contents
    }

    func close() async {
        await service.close()
        await spool.close()
    }

    /// Entries that are in the database.
    func entriesInSpool() throws -> ClosedRange<Int>? {
        try DepartureReader(path: directory.path + "/spool", isRunning: true).range()
    }
}

extension HistorySource {
    /// The whole content of an entry in wire form; nil if it is not kept.
    func content(of number: Int) async throws -> String? {
        guard let reader = try await openContent(of: number) else { return nil }
        var bytes = ByteBuffer()
        while true {
            let part = try await nextPart(of: reader)
            bytes.writeImmutableBuffer(part.bytes)
            if part.isLast { return String(buffer: bytes) }
        }
    }
}
