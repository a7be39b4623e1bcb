import Admin
import Delivery
import Foundation
import Glibc
import Mail
import NIOCore
import NIOPosix
import ServiceLifecycle
import Spool
import TestKit
import Testing

@Suite("The admin interface on its socket")
struct AdminServerTests {
    static func lines(_ client: AdminClient, _ filter: QueueFilter = QueueFilter()) async throws -> [MessageDocument] {
        var result: [MessageDocument] = []
        try await client.forEachLine(at: AdminPath.queue(ListingQuestion(filter))) {
            result.append(try AdminJSON.decode(MessageDocument.self, from: $0))
        }
        return result
    }

    @Test("A listing of several pages is complete and in order")
    func listing() async throws {
        let spool = FaultySpool()
        let messages = (1...1_201).map { SpooledMessage.example(Int64($0)) }
        for message in messages { spool.insert(message, content: ByteBuffer()) }
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            #expect(try await Self.lines(admin.client) == messages.map { MessageDocument($0) })
        }
    }

    @Test("The parameters of a listing select messages")
    func filters() async throws {
        let spool = FaultySpool()
        let failed = Recipient(address: Address(unchecked: "Odd+One&%@b.example"), state: .failed, upstream: "ses")
        spool.insert(.example(1), content: ByteBuffer())
        spool.insert(.example(2, sender: nil, recipients: [failed]), content: ByteBuffer())
        spool.insert(.example(3, sender: "Other@a.example"), content: ByteBuffer())
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            func ids(_ change: (inout QueueFilter) -> Void) async throws -> [String] {
                var filter = QueueFilter()
                change(&filter)
                return try await Self.lines(admin.client, filter).map { String($0.queueID.suffix(1)) }
            }
            #expect(try await ids { $0.state = "failed" } == ["2"])
            #expect(try await ids { $0.sender = "other@" } == ["3"])
            #expect(try await ids { $0.recipient = "odd+one&%@" } == ["2"])
            #expect(try await ids { $0.upstream = "ses" } == ["2"])
            #expect(try await ids { $0.upstream = "se" } == [])
            #expect(try await ids { $0.state = "queued" } == ["1", "3"])
            #expect(try await ids { $0.limit = 2 } == ["1", "2"])
            #expect(try await ids { $0.after = QueueID(rawValue: 2) } == ["3"])
            #expect(
                try await ids {
                    $0.state = "failed"; $0.recipient = "r1"
                } == [])
        }
    }

    @Test("A message is shown with its ledger, and its content exactly as submitted")
    func message() async throws {
        let spool = FaultySpool()
        spool.insert(.example(7), content: ByteBuffer(string: "Subject: x\r\n\r\n..dot\r\n"))
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            let id = QueueID(rawValue: 7).description
            let detail = try await admin.client.document(MessageDetailDocument.self, at: AdminPath.message(id))
            #expect(detail == MessageDetailDocument(.example(7), ledger: []))
            var content = ""
            try await admin.client.forEachPart(at: AdminPath.content(id)) { content += String(buffer: $0) }
            #expect(content == "Subject: x\r\n\r\n.dot\r\n")
        }
    }

    @Test("Statistics, upstreams and health are reported")
    func figures() async throws {
        let upstreams = [1, 2].map {
            UpstreamStatus(name: "u\($0)", priority: $0, address: "h:25", since: RunningAdmin.now)
        }
        let spool = FaultySpool()
        spool.insert(.example(1, size: 123), content: ByteBuffer())
        try await RunningAdmin.with(spool: spool, upstreams: upstreams) { (admin) async throws in
            let statistics = try await admin.client.document(
                StatisticsDocument.self, at: AdminPath.statistics(ListingQuestion()))
            #expect(statistics.messages == 1)
            #expect(statistics.byState["queued"] == 1)
            var names: [UpstreamDocument] = []
            try await admin.client.forEachLine(at: AdminPath.upstreams) {
                names.append(try AdminJSON.decode(UpstreamDocument.self, from: $0))
            }
            #expect(names == upstreams.map { UpstreamDocument($0) })
            #expect(try await admin.client.document(HealthDocument.self, at: AdminPath.health) == HealthDocument())
        }
    }

    @Test("Errors have a suitable status and a sentence")
    func errors() async throws {
        try await RunningAdmin.with(health: HealthDocument(problems: ["the disk is full"])) { (admin) async throws in
            let cases: [(path: String, status: Int, words: String)] = [
                (AdminPath.message("0000000000009"), 404, "no message 0000000000009"),
                (AdminPath.content("0000000000009"), 404, "no message 0000000000009"),
                (AdminPath.message("x y"), 400, "not a queue ID"),
                ("/v1/queue?state=lost", 400, "state must be one of"),
                ("/v1/queue?limit=0", 400, "limit"),
                ("/v1/queue?colour=red", 400, "unknown parameter colour"),
                ("/v2/queue", 404, ""),
                (AdminPath.health, 503, ""),
            ]
            for (path, status, words) in cases {
                do {
                    try await admin.client.forEachPart(at: path) { _ in }
                    Issue.record("\(path) was answered")
                } catch AdminClientError.refused(let code, let message) {
                    #expect(code == status, "\(path)")
                    #expect(words.isEmpty || message.contains(words), "\(path): \(message)")
                }
            }
        }
    }

    @Test("Content that turns out to be corrupt while it is sent ends the answer as an error")
    func spoiltContent() async throws {
        let spool = FaultySpool()
        spool.insert(.example(7), content: ByteBuffer(string: "Subject: x\r\n"))
        spool.failNext(.read, with: SpoolError(.corrupt, "the checksum is wrong"))
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            let path = AdminPath.content(QueueID(rawValue: 7).description)
            await #expect(throws: AdminClientError.noAnswer(place: admin.socketPath)) {
                try await admin.client.forEachPart(at: path) { _ in }
            }
        }
    }
}
