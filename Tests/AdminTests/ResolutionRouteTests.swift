import Admin
import Delivery
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@Suite("Doubts are resolved through the admin interface")
struct ResolutionRouteTests {
    private static func id(_ number: Int64) -> QueueID { QueueID(rawValue: number) }

    private static func resolve(
        _ number: Int64, _ order: ResolutionDocument, _ admin: RunningAdmin
    ) async throws -> ResolutionDocument {
        try await admin.client.post(
            order, to: AdminPath.resolution(id(number).description), for: ResolutionDocument.self)
    }

    @Test("The answer lists the resolved recipients", arguments: InDoubtResolution.allCases)
    func answers(answer: InDoubtResolution) async throws {
        try await RunningAdmin.with { (admin) async throws in
            let all = try await Self.resolve(100, ResolutionDocument(answer, recipients: nil), admin)
            #expect(all == ResolutionDocument(answer, recipients: ["r@b.example"], queueID: Self.id(100)))
            let one = try await Self.resolve(100, ResolutionDocument(answer, recipients: ["x@y"]), admin)
            #expect(one.recipients == ["x@y"])
        }
    }

    @Test(
        "A refusal has a suitable status and a sentence",
        arguments: [
            (404, 404, "no message"), (1, 409, "no recipient of message 0000000000001 is in doubt"),
            (2, 409, "recipient r@b.example of message 0000000000002 is not in doubt"),
            (3, 409, "has no recipient r@b.example"), (4, 503, "in progress"), (5, 503, "stopping"),
            (8, 409, "no upstream but the one that may have it"), (6, 503, "nothing has changed: the disk has failed"),
            (7, 503, "resolved, but not on disk"),
        ])
    func refusals(number: Int, status: Int, words: String) async throws {
        try await RunningAdmin.with { (admin) async throws in
            do {
                _ = try await Self.resolve(Int64(number), ResolutionDocument(.retry, recipients: nil), admin)
                Issue.record("it was settled")
            } catch AdminClientError.refused(let code, let message) {
                #expect(code == status)
                #expect(message.contains(words), "\(message)")
            }
        }
    }

    @Test(
        "An invalid body is refused",
        arguments: ["{\"resolution\":\"lost\"}", "{\"resolution\":\"retry\",\"recipients\":[]}"])
    func body(text: String) async throws {
        #expect(throws: AdminError.self) { try ResolutionDocument(ByteBuffer(string: text)).answer() }
        #expect(throws: AdminError.self) { try ResolutionDocument(ByteBuffer(string: "delivered")) }
    }

    @Test("A misspelt name does not turn it into an order for all", arguments: ["recipient", "Recipients", "queue_id"])
    func unknownName(name: String) {
        let error = #expect(throws: AdminError.self) {
            try ResolutionDocument(ByteBuffer(string: #"{"resolution":"delivered","\#(name)":["a@b"]}"#))
        }
        #expect(error?.message.hasPrefix("unknown name \(name) ") == true)
    }

    // MARK: - By filter

    private static func doubt(_ address: String, at upstream: String) -> Recipient {
        Recipient(address: Address(unchecked: address), state: .inDoubt, upstream: upstream)
    }

    private static func order(_ change: (inout QueueFilter) -> Void) -> QueueOrderDocument {
        var (document, filter) = (QueueOrderDocument(), QueueFilter())
        change(&filter)
        (document.filter, document.resolution) = (filter, "delivered")
        return document
    }

    @Test("A filter selects the recipients in doubt that match, and no others")
    func byFilter() async throws {
        let spool = FaultySpool()
        let both = [Self.doubt("r@b.example", at: "ses"), Self.doubt("s@b.example", at: "other")]
        let held = Recipient(address: Address(unchecked: "t@b.example"), state: .held, upstream: "ses")
        spool.insert(.example(100, recipients: both), content: ByteBuffer())
        spool.insert(.example(101, recipients: [held]), content: ByteBuffer())
        spool.insert(.example(2, recipients: [Self.doubt("u@b.example", at: "ses")]), content: ByteBuffer())
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            var lines: [ResolutionLine] = []
            try await admin.client.forEachLine(
                posting: Self.order { $0.upstream = "ses" }, to: AdminPath.resolutions
            ) { lines.append(try AdminJSON.decode(ResolutionLine.self, from: $0)) }
            #expect(lines.map(\.queueID) == [2, 100].map { Self.id($0).description })
            #expect(lines.map(\.result) == ["unchanged", "done"])
            #expect(lines.map(\.recipients) == [[], ["r@b.example"]])
            #expect(lines[0].reason?.contains("is not in doubt") == true && lines[1].reason == nil)
            await #expect(throws: AdminClientError.self) {
                try await admin.client.forEachLine(
                    posting: Self.order { $0.state = "held" }, to: AdminPath.resolutions
                ) { _ in Issue.record("it was resolved") }
            }
        }
    }

    @Test("An answer has its line in the log, with its reason; one that is refused has none")
    func reported() async throws {
        let controlled = ControlledUpstreams()
        try await RunningAdmin.with(controlled: controlled) { (admin) async throws in
            _ = try await Self.resolve(100, ResolutionDocument(.retry, recipients: nil, reason: "not there"), admin)
            _ = try? await Self.resolve(4, ResolutionDocument(.retry, recipients: nil, reason: "busy"), admin)
        }
        let reports = controlled.events.compactMap { event in
            if case .ordered(let ids, let report) = event {
                "\(ids) \(report.order) \(report.reason ?? "-")"
            } else {
                nil
            }
        }
        #expect(reports == ["[\(Self.id(100))] resolve not there"])
    }

    @Test("The count begins where it is to begin, and ends at the limit")
    func count() async throws {
        let spool = FaultySpool()
        for number in 1...9 {
            spool.insert(
                .example(Int64(number), recipients: [Self.doubt("r@b.example", at: "ses")]), content: ByteBuffer())
        }
        try await RunningAdmin.with(spool: spool) { (admin) async throws in
            for (after, limit, expected) in [(nil, nil, 9), (3, nil, 6), (3, 4, 4), (9, 4, 0)] as [(Int64?, Int?, Int)]
            {
                var question = ListingQuestion()
                (question.filter.after, question.filter.limit) = (after.map { Self.id($0) }, limit)
                let path = AdminPath.queueCount(question)
                #expect(try await admin.client.document(CountDocument.self, at: path).messages == expected)
            }
        }
    }
}
