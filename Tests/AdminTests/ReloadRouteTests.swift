import Access
import Configuration
import Mail
import NIOCore
import Synchronization
import Testing

@testable import Admin

@Suite("A reload by the API")
struct ReloadRouteTests {
    /// What has been ordered.
    private final class Orders: Sendable {
        private let list = Mutex<[ReloadOrder]>([])

        var all: [ReloadOrder] { list.withLock { $0 } }

        func take(_ order: ReloadOrder) -> ReloadDocument {
            list.withLock { $0.append(order) }
            return ReloadDocument(
                changed: [], problems: [ConfigurationProblem(.warning, file: "relay.conf", line: 3, message: "odd")])
        }
    }

    @Test("has its reason and its rehearsal from the body or from the query, and knows who asks")
    func orders() async throws {
        let orders = Orders()
        try await RunningAdmin.with(reload: { orders.take($0) }) { (admin) async throws in
            func ask(_ path: String, _ order: ReloadOrderDocument) async throws -> ReloadDocument {
                try await admin.client.post(order, to: path, for: ReloadDocument.self)
            }
            let answer = try await ask(AdminPath.reload, ReloadOrderDocument(reason: "why", dryRun: true))
            #expect(answer.problems.map(\.line) == [3] && answer.changed.isEmpty && answer.needsRestart.isEmpty)
            _ = try await ask(AdminPath.reload + "?dry_run=true&reason=so", ReloadOrderDocument())
            _ = try await ask(AdminPath.reload, ReloadOrderDocument())
            #expect(orders.all.map(\.reason) == ["why", "so", nil])
            #expect(orders.all.map(\.isRehearsal) == [true, true, false])
            #expect(orders.all.allSatisfy { $0.who?.hasPrefix("uid:") == true })
        }
    }

    @Test("is refused where a name is misspelt, so that no rehearsal becomes real")
    func misspelt() throws {
        for body in ["{\"dryrun\":true}", "{\"dry_run\":\"yes\"}", "[]"] {
            #expect(throws: AdminError.self) { try ReloadOrderDocument([], ByteBuffer(string: body)) }
        }
        for parameter in [("dryrun", "true"), ("dry_run", "1"), ("dry_run", "")] {
            #expect(throws: AdminError.self) {
                try ReloadOrderDocument([(name: parameter.0, value: parameter.1)], ByteBuffer())
            }
        }
    }

    @Test(
        "is refused where something is said twice, in the query, in the body, or in both",
        arguments: [
            ("dry_run=true", #"{"dry_run":false}"#, "dry_run"), ("dry_run=true", #"{"dry_run":true}"#, "dry_run"),
            ("dry_run=true&dry_run=true", "", "dry_run"), ("reason=a", #"{"reason":"b"}"#, "reason"),
            ("", #"{"dry_run":true,"dry_run":false}"#, "dry_run"),
            ("", #"{"dry_run":true, "dry\u005frun" : false}"#, "dry_run"),
        ])
    func twice(query: String, body: String, name: String) throws {
        let parameters = query.split(separator: "&").map { pair in
            let words = pair.split(separator: "=").map(String.init)
            return (name: words[0], value: words[1])
        }
        #expect(throws: AdminError(.badRequest, "\(name) is given twice: give it once")) {
            try ReloadOrderDocument(parameters, ByteBuffer(string: body))
        }
    }

    @Test(
        "the same name in two objects is not twice, in one object it is, at any depth",
        arguments: [
            (#"{"a":{"b":1},"c":[{"b":2},{"b":"b"}],"b":["b","b"]}"#, nil), (#"{"a":{"b":[{}],"b":2}}"#, "b"),
            (#"{"a\"":1,"a":2,"b":"\",\"a\":"}"#, nil), ("{}", nil), ("[", nil), ("\"", nil), ("}]", nil),
        ] as [(String, String?)])
    func names(json: String, repeated: String?) {
        #expect(JSONNames.repeated(in: ByteBuffer(string: json)) == repeated)
    }

    @Test("of a file that cannot be used answers with all of its problems")
    func unusable() async throws {
        let problems = [
            ConfigurationProblem(
                file: "relay.conf", line: 7, key: "retry.maxx", message: "unknown key", remedy: "max?"),
            ConfigurationProblem(.warning, file: "relay.conf", message: "odd"),
        ]
        try await RunningAdmin.with(reload: { _ in throw UnusableConfiguration(problems) }) { (admin) async throws in
            do {
                _ = try await admin.client.post(
                    ReloadOrderDocument(), to: AdminPath.reload, for: ReloadDocument.self)
                Issue.record("it was taken")
            } catch AdminClientError.unusable(let message, let found) {
                #expect(found == problems && message.hasSuffix("relay.conf:7: retry.maxx: unknown key; max?"))
            }
        }
    }

    @Test("is not taken while the relay starts")
    func unavailable() async throws {
        let refuse: AdminServer.Sources.Reload = { _ in throw AdminError(.unavailable, "the relay is starting") }
        try await RunningAdmin.with(reload: refuse) { (admin) async throws in
            await #expect(throws: AdminClientError.refused(status: 503, message: "the relay is starting")) {
                _ = try await admin.client.post(
                    ReloadOrderDocument(), to: AdminPath.reload, for: ReloadDocument.self)
            }
        }
    }
}
