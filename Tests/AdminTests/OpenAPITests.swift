import Access
import Audit
import Delivery
import Dialogue
import Foundation
import Hummingbird
import Mail
import NIOCore
import NIOPosix
import Spool
import Suppression
import Telemetry
import TestKit
import Testing
import Upstreams

@testable import Admin

@Suite("The description of the API")
struct OpenAPITests {
    @Test("has every route that is served, and no other")
    func complete() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        let store = try SuppressionStore.open(
            directory: directory.path, settings: SuppressionSettings(), clock: { RunningAdmin.now }, events: { _ in })
        let desk = SuppressionDesk(
            store, SuppressionGate(store.index, action: .refuse), routes: RouteTable([], upstreamCount: 1))
        let bench = try WebhookBench()
        let sources = AdminServer.Sources.full(audit: log, suppressions: desk, webhooks: bench.desk)
        let readers = EventReaders(
            EventFeed(), limit: 1, loop: MultiThreadedEventLoopGroup.singleton.any(), metrics: sources.metrics.store)
        let served = AdminRoutes(sources: sources, readers: readers).list.routes.map(\.key)
        #expect(Set(served) == Set(Operation.all.map(\.servedBy)))
        #expect(Set(served).count == served.count)
        #expect(Set(Operation.all.map(\.id)).count == Operation.all.count)
        await store.close()
        await bench.spool.close()
        await log.close()
    }

    @Test("names each variable of a path, and refers to schemas that exist")
    func consistent() throws {
        for operation in Operation.all {
            let variables = operation.path.matches(of: /\{([a-z]+)\}/).map { String($0.1) }
            #expect(variables == operation.parameters.filter { $0.place == .path }.map(\.name), "\(operation.key)")
        }
        let all = Operation.all.map { operation in
            let path = String(operation.servedBy.drop { $0 != " " }.dropFirst())
            return RouteList.Route(method: operation.method, path: path, access: .anyone) { _, _ in
                Response(status: .ok)
            }
        }
        let text = try AdminJSON.line(OpenAPIDocument(all).json)
        let names = Set(text.matches(of: #/"#/components/schemas/([A-Za-z]+)"/#).map { String($0.1) })
        #expect(names.count > 10 && names.subtracting(JSONSchema.components.keys) == [])
        #expect(JSONSchema.components.keys.filter { !text.contains("schemas/\($0)\"") } == [])
    }

    /// Documents with every name, and their schemas.
    private static let documents: [(any Encodable & Sendable, JSONSchema)] = {
        let message = SpooledMessage.example(1, recipients: nil, attempt: nil)
        let detail = UpstreamDetail.example("ses", priority: 1)
        return [
            (MessageDocument(message), .message), (MessageDetailDocument(message, ledger: []), .messageDetail),
            (UpstreamDocument(detail.status), .upstream), (UpstreamDetailDocument(detail), .upstreamDetail),
            (
                StatisticsDocument(
                    SpoolStatistics(messages: 0, recipients: 0, octets: 0, byState: [:]), at: RunningAdmin.now),
                .statistics
            ),
            (QueueOrderLine(QueueID(rawValue: 1), .done), .orderLine),
            (WebhookOrderLine.done(1), .webhookOrderLine),
            (StreamDocument("a", nil, StreamLoad()), .stream),
            (
                TraceDocument(
                    TraceLine(at: RunningAdmin.now, session: nil, party: nil, direction: .note, text: "")), .traceLine
            ),
            (ProblemDocument(status: 404, title: "", detail: ""), .problem),
        ]
    }()

    @Test("has the names of each document", arguments: documents.indices)
    func names(index: Int) throws {
        let (document, schema) = Self.documents[index]
        let object = try JSONSerialization.jsonObject(with: AdminJSON.data(document)) as? [String: Any]
        let names = try #require(object).keys.sorted()
        #expect(names == schema.json["properties"]?.members?.keys.sorted())
    }

    @Test("is served to holders of any token")
    func served() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            for token in [tokens.read, tokens.send, tokens.operate] {
                let answer = try RawHTTP.ask(admin.http, "GET /v1/openapi.json", token: token.text)
                #expect(answer.status == 200 && answer["openapi"] as? String == "3.1.0")
                #expect((answer["paths"] as? [String: Any])?["/v1/queue"] != nil)
            }
        }
    }
}
