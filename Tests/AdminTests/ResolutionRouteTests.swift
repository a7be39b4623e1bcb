import Admin
import Delivery
import Mail
import NIOCore
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
}
