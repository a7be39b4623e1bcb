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

    private static func attempt(_ upstream: String) -> OpenAttempt {
        OpenAttempt(upstream: upstream, startedAt: now, recipients: [0])
    }

    private static func message(_ number: Int64) -> SpooledMessage {
        .example(
            number, recipients: [Recipient(address: Address(unchecked: "r@b.example"))],
            attempt: number == 5 ? nil : attempt("ses"))
    }

    /// Message 1 is in a session, 2 has had its dot, 3 is in line, 4 is in a session of another upstream, and so is 5, with
    /// no attempt on record yet.
    private static func queue() -> LiveQueue {
        let spool = FaultySpool()
        for number: Int64 in 1...5 { spool.insert(message(number), content: ByteBuffer()) }
        let running = RunningAttempts(
            inSessions: [
                QueueID(rawValue: 1): attempt("ses"), QueueID(rawValue: 4): attempt("mg"),
                QueueID(rawValue: 5): attempt("mg"),
            ], pastDot: [QueueID(rawValue: 2)])
        return LiveQueue(spool, doubts: InDoubtPolicies(DeliverySettings()), running: { running })
    }

    private static func count(_ name: String, _ value: String) async throws -> Int {
        let filter = try QueueFilter(query: [(name, value)])
        return try await QueueListing(filter, in: queue(), now: now).count()
    }

    @Test("A filter finds mail as being delivered, and by an upstream, where that has it")
    func filters() async throws {
        #expect(try await Self.count("state", "delivering") == 4)
        #expect(try await Self.count("state", "queued") == 1)
        #expect(try await Self.count("upstream", "ses") == 2)
        #expect(try await Self.count("upstream", "mg") == 2)
    }

    @Test("A listing, one message, and a file say the same")
    func documents() async throws {
        let queue = Self.queue()
        let list = try await queue.scan(after: nil, limit: 9, into: [MessageDocument]()) { list, glance in
            list.append(MessageDocument(glance.message))
        }.result
        #expect(list.map(\.state) == ["delivering", "delivering", "queued", "delivering", "delivering"])
        #expect(list.map(\.recipients[0].upstream) == ["ses", "ses", nil, "mg", "mg"])
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
        #expect(statistics.byState == ["delivering": 4, "queued": 1])
        #expect(statistics.messages == 5 && statistics.firstWaiting?.id == QueueID(rawValue: 1))
    }

    @Test("Without a journal of final dots, any attempt on record may be under way")
    func unknown() async throws {
        let running = RunningAttempts(inSessions: [:], pastDot: nil)
        #expect(Self.message(1).during(running).openAttempt != nil)
    }
}
