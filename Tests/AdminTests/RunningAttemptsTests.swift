import Delivery
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@testable import Admin

@Suite("What operators see of attempts on record")
struct RunningAttemptsTests {
    private static let now = Timestamp(milliseconds: 1_000_000)

    private static func message(_ number: Int64) -> SpooledMessage {
        let attempt = OpenAttempt(upstream: "ses", startedAt: now, recipients: [0])
        return .example(
            number, recipients: [Recipient(address: Address(unchecked: "r@b.example"))], attempt: attempt)
    }

    /// Message 1 is in a session, 2 has had its dot, 3 is in line, 4 is in a session of another upstream.
    private static func queue() -> LiveQueue {
        let spool = FaultySpool()
        for number: Int64 in 1...4 { spool.insert(message(number), content: ByteBuffer()) }
        let running = RunningAttempts(
            inSessions: [QueueID(rawValue: 1): "ses", QueueID(rawValue: 4): "mg"], pastDot: [QueueID(rawValue: 2)])
        return LiveQueue(spool, doubts: InDoubtPolicies(DeliverySettings()), running: { running })
    }

    private static func count(_ name: String, _ value: String) async throws -> Int {
        let filter = try QueueFilter(query: [(name, value)])
        return try await QueueListing(filter, in: queue(), now: now).count()
    }

    @Test("A filter finds mail as being delivered, and by an upstream, where that has it")
    func filters() async throws {
        #expect(try await Self.count("state", "delivering") == 2)
        #expect(try await Self.count("state", "queued") == 2)
        #expect(try await Self.count("upstream", "ses") == 2)
    }

    @Test("A listing, one message, and a file say the same")
    func documents() async throws {
        let queue = Self.queue()
        let list = try await queue.scan(after: nil, limit: 9, into: [MessageDocument]()) { list, glance in
            list.append(MessageDocument(glance.message))
        }.result
        #expect(list.map(\.state) == ["delivering", "delivering", "queued", "queued"])
        #expect(list.map(\.recipients[0].upstream) == ["ses", "ses", nil, nil])
        for (number, document) in zip(Int64(1)..., list) {
            let message = try #require(try await queue.message(QueueID(rawValue: number)))
            let detail = MessageDetailDocument(message, ledger: [])
            #expect(detail.message == document)
            #expect((detail.attempt != nil) == (document.state == "delivering"))
            #expect(ExportedEnvelope.text(of: message).contains("X-Envelope-Recipient: \(document.state) "))
        }
    }

    @Test("Statistics count it as the listing shows it")
    func statistics() async throws {
        let statistics = try await Self.queue().statistics(at: Self.now)
        #expect(statistics.byState == ["delivering": 2, "queued": 2])
        #expect(statistics.messages == 4 && statistics.firstWaiting?.id == QueueID(rawValue: 1))
    }

    @Test("Without a journal of final dots, any attempt on record may be under way")
    func unknown() async throws {
        let running = RunningAttempts(inSessions: [:], pastDot: nil)
        #expect(Self.message(1).during(running).openAttempt != nil)
    }
}
