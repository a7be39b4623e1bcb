import Mail
import NIOCore
import Postgres
import Spool
import Synchronization

extension NewMessage {
    static let trace = Array("Received: here\r\n".utf8)

    static func sample(
        _ id: QueueID, _ content: [UInt8], stream: ContentStream? = nil, resubmission: Resubmission? = nil
    ) -> NewMessage {
        let message = SpooledMessage(
            id: id, receivedAt: Timestamp(milliseconds: 1_000_000),
            sender: ReversePath(address: Address(unchecked: "a@example.org")), body: .eightBitMIME,
            contained: .sevenBit, priority: .normal, messageID: "<1@example.org>", origin: "client [127.0.0.1]",
            size: content.count + trace.count, recipients: [.sample(.queued)])
        return NewMessage(
            message: message, header: ByteBuffer(bytes: trace),
            content: stream.map { .stream($0) } ?? .whole(ByteBuffer(bytes: content)), resubmission: resubmission)
    }
}

extension Recipient {
    static func sample(_ state: State) -> Recipient {
        Recipient(
            address: Address(unchecked: "b@example.net"), state: state, attempts: state == .queued ? 0 : 1,
            nextAttemptAt: state == .deferred ? Timestamp(milliseconds: 7_000_000) : nil,
            lastReply: state == .queued ? nil : "450 4.2.0 later", failureClass: state == .failed ? .policy : nil,
            holdReason: state == .held ? .operator : nil)
    }
}

extension Settlement {
    /// What an attempt came to.
    static func sample(_ id: QueueID, _ state: Recipient.State, notices: [NoticeRequest] = []) -> Settlement {
        let attempt = AttemptRecord(
            upstream: "ses", startedAt: Timestamp(milliseconds: 1), endedAt: Timestamp(milliseconds: 2),
            recipients: [0],
            outcome: .deferred, phase: "dot", reply: "450 4.2.0 later", dotSent: true)
        return Settlement(id: id, recipients: [.sample(state)], cycles: 1, attempt: attempt, notices: notices)
    }
}

extension OpenAttempt {
    static let sample = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 3), recipients: [0])
}

extension [UInt8] {
    /// This many octets.
    static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }
}

/// An event for each recipient whose state changes: `queued deferred`.
struct StateEvents: OutboxRecorder {
    static let webhook = "app"

    var isRecording: Bool { true }
    func asks(for settlement: Settlement) -> Bool { true }
    func asks(about user: String?) -> Bool { true }

    func drafts(of cause: OutboxCause) -> [OutboxDraft] {
        Self.texts(cause.message.recipients, cause.recipients).map {
            OutboxDraft(webhook: Self.webhook, payload: Array($0.utf8))
        }
    }

    static func texts(_ before: [Recipient], _ after: [Recipient]) -> [String] {
        zip(before, after).filter { $0.state != $1.state }.map { "\($0.state.rawValue) \($1.state.rawValue)" }
    }

    func limits(of webhook: String) -> OutboxLimits? { OutboxLimits(events: 1_000_000, octets: 1 << 30) }
    func holds(_ sums: [String: OutboxSum]) {}
    func committed(to webhooks: Set<String>) {}
    func discarded(_ count: Int, of webhook: String) {}
}

/// A history whose entries are queue IDs, of eight octets each.
struct LeavingIDs: DepartureRecorder {
    let keepsContent: Bool

    var isRecording: Bool { true }
    func open(in directory: String, _ files: any FileLayer) throws(SpoolError) -> Int { 0 }

    func encode(_ departure: Departure, into entries: inout [UInt8]) {
        withUnsafeBytes(of: departure.message.id.rawValue.bigEndian) { entries.append(contentsOf: $0) }
    }

    static func decode(_ entries: [UInt8]) -> [QueueID] {
        stride(from: 0, to: entries.count, by: 8).map { start in
            QueueID(rawValue: entries[start..<start + 8].reduce(0) { $0 << 8 | Int64($1) })
        }
    }
}

extension PostgresTuning {
    /// Times short enough that no test waits, and content in chunks early.
    static var quick: PostgresTuning {
        var tuning = PostgresTuning()
        tuning.lazyWait = .milliseconds(1)
        tuning.shortestPause = .milliseconds(1)
        tuning.longestPause = .milliseconds(20)
        tuning.retryInterval = .milliseconds(5)
        tuning.maintenanceInterval = .seconds(3600)
        tuning.inlineLimit = 1000
        tuning.chunkSize = 500
        tuning.partChunks = 3
        return tuning
    }
}
