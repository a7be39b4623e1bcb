import Admin
import Delivery
import Glibc
import Mail
import NIOCore
import Spool
import Suppression
import TestKit
import Testing
import Upstreams

@Suite("Suppressions, through the admin interface")
struct SuppressionRouteTests {
    /// A server over a store in a directory of its own; one route, `receipts`, has opted out.
    private func with(
        _ action: SuppressionAction = .refuse, _ controlled: ControlledUpstreams = ControlledUpstreams(),
        _ body: (RunningAdmin) async throws -> Void
    ) async throws {
        let directory = try TestKit.TemporaryDirectory(below: TestKit.TemporaryDirectory.memory)
        let store = try SuppressionStore.open(
            directory: directory.path, settings: SuppressionSettings(), clock: { RunningAdmin.now }, events: { _ in })
        var receipts = Route(name: "receipts", upstreams: [0])
        receipts.match.sender = "receipts@x"
        let gate = SuppressionGate(store.index, action: action, exempt: ["receipts"])
        let routes = RouteTable([receipts], upstreamCount: 1)
        let desk = SuppressionDesk(store, gate, routes: routes)
        try await RunningAdmin.with(controlled: controlled, suppressions: desk, body: body)
        await store.close()
    }

    private func add(
        _ patterns: String..., to admin: RunningAdmin, _ change: (inout SuppressionOrderDocument) -> Void = { _ in }
    ) async throws -> [SuppressionResultDocument] {
        var document = SuppressionOrderDocument()
        (document.patterns, document.reason) = (patterns, "asked us")
        change(&document)
        return try await results(document, AdminPath.suppressionAddition, admin)
    }

    private func results(
        _ document: SuppressionOrderDocument, _ path: String, _ admin: RunningAdmin
    ) async throws -> [SuppressionResultDocument] {
        var results: [SuppressionResultDocument] = []
        try await admin.client.forEachLine(posting: document, to: path) {
            results.append(try AdminJSON.decode(SuppressionResultDocument.self, from: $0))
        }
        return results
    }

    private func list(
        _ admin: RunningAdmin, _ words: [(name: String, value: String?)] = []
    ) async throws -> [SuppressionDocument] {
        var list: [SuppressionDocument] = []
        try await admin.client.forEachLine(at: AdminPath.suppressions(words)) {
            list.append(try AdminJSON.decode(SuppressionDocument.self, from: $0))
        }
        return list
    }

    private func check(_ address: String, _ admin: RunningAdmin) async throws -> SuppressionCheckDocument {
        try await admin.client.document(
            SuppressionCheckDocument.self, at: AdminPath.suppressionCheck(of: address))
    }

    /// The status and the words of a refusal.
    private func refusal(_ body: () async throws -> Void) async throws -> (Int, String) {
        do {
            try await body()
        } catch AdminClientError.refused(let status, let message) {
            return (status, message)
        }
        return (200, "")
    }

    @Test("Additions are listed with every name, and reported with who and why")
    func addition() async throws {
        let controlled = ControlledUpstreams()
        try await with(.refuse, controlled) { admin in
            let added = try await add("Bob@Example.com", "bob@example.com", "@b.example", to: admin)
            #expect(added.map(\.pattern) == ["bob@example.com", "@b.example"])
            #expect(added.map(\.result) == ["added", "added"])
            #expect(try await add("bob@example.com", to: admin).map(\.result) == ["replaced"])
            var line = ""
            try await admin.client.forEachPart(at: AdminPath.suppressions([("match", "BOB")])) {
                line += String(buffer: $0)
            }
            #expect(
                line == """
                    {"added_at":"2026-11-21T10:00:00.123Z","added_by":"uid:\(getuid())","expires_at":null,\
                    "pattern":"bob@example.com","reason":"asked us","route":null,"source":"operator"}\n
                    """)
            #expect(try await list(admin, [("source", "import")]).isEmpty)
            #expect(try await list(admin, [("limit", "1")]).count == 1)
        }
        let reports = controlled.events.compactMap { event -> String? in
            guard case .suppressions(let report) = event else { return nil }
            return
                "\(report.change) \(report.pattern ?? "-") \(report.count) \(report.who ?? "-") \(report.reason ?? "-")"
        }
        let who = "uid:\(getuid())"
        #expect(reports.count == 3 && reports[0] == "add bob@example.com 1 \(who) asked us")
    }

    @Test("Pages follow each other without a gap, also between routes of one pattern")
    func pages() async throws {
        try await with { admin in
            _ = try await add("a@x.example", "b@x.example", "@y.example", to: admin)
            for route in ["default", "receipts"] { _ = try await add("b@x.example", to: admin) { $0.route = route } }
            let all = try await list(admin)
            var (found, after) = ([SuppressionDocument](), String?.none)
            while let page = try await list(admin, [("limit", "1"), ("after", after)]).first {
                found.append(page)
                after = page.pattern + (page.route.map { " \($0)" } ?? "")
                try #require(found.count <= all.count)
            }
            #expect(found == all && all.count == 5)
            #expect(try await refusal { _ = try await list(admin, [("after", "nobody")]) }.0 == 400)
        }
    }

    @Test("Everything that is wrong with an order is told, and nothing has changed")
    func refusals() async throws {
        try await with { admin in
            let (status, words) = try await refusal { _ = try await add("a@b.example", "nobody", "@*", to: admin) }
            #expect(status == 400 && words.contains("nobody") && words.contains("everybody"))
            for change: (inout SuppressionOrderDocument) -> Void in [
                { $0.route = "nowhere" }, { $0.expiresAt = "tomorrow" }, { $0.expiresAt = "2001-01-01T00:00:00Z" },
                { $0.patterns = [] }, { $0.reason = String(repeating: "x", count: 501) },
            ] {
                #expect(try await refusal { _ = try await add("a@b.example", to: admin, change) }.0 == 400)
            }
            let empty = try await refusal {
                _ = try await results(SuppressionOrderDocument(), AdminPath.suppressionRemoval, admin)
            }
            #expect(empty.0 == 400)
            _ = try await add("kept@b.example", to: admin)
            for (name, value) in [("match", ""), ("route", ""), ("source", ""), ("since", "")] {
                let (status, words) = try await refusal {
                    _ = try await admin.client.post(
                        [name: value], to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
                }
                #expect(status == 400 && words.contains(name))
            }
            var unset = SuppressionOrderDocument()
            (unset.patterns, unset.route) = (["kept@b.example"], "")
            let document = unset
            #expect(
                try await refusal { _ = try await results(document, AdminPath.suppressionRemoval, admin) }.0 == 400)
            #expect(try await list(admin).map(\.pattern) == ["kept@b.example"])
            #expect(try await refusal { _ = try await list(admin, [("sourse", "import")]) }.0 == 400)
            #expect(try await refusal { _ = try await check("no address", admin) }.0 == 400)
            #expect(try await list(admin).map(\.pattern) == ["kept@b.example"])
        }
    }

    @Test("A check says for each route what would happen, and why")
    func checking() async throws {
        try await with { admin in
            _ = try await add("bob@example.com", to: admin)
            _ = try await add("@b.example", to: admin) { $0.route = "default" }
            let bob = try await check("\"BOB\"@example.com", admin)
            #expect(bob.address == "bob@example.com" && bob.result == "depends")
            #expect(bob.routes.map { "\($0.route) \($0.result)" } == ["receipts sent", "default refused"])
            #expect(bob.reply?.hasPrefix("550 5.1.1 bob@example.com is suppressed: by operator uid:") == true)
            #expect(bob.suppressions.map(\.reason) == ["asked us"])
            #expect(try await check(" <bob@example.com>", admin).result == "depends")
            let other = try await check("ann@example.com", admin)
            #expect(other.result == "sent" && other.reply == nil && other.suppressions.isEmpty)
            #expect(try await check("ann@b.example", admin).routes.last?.pattern == "@b.example")
        }
        try await with(.drop) { admin in
            _ = try await add("bob@example.com", to: admin)
            let bob = try await check("bob@example.com", admin)
            #expect(bob.routes.last?.result == "dropped" && bob.reply == nil)
        }
    }

    @Test("A removal names what was not there; one by filter says how many")
    func removal() async throws {
        try await with { admin in
            _ = try await add("a@x.example", "b@x.example", "c@y.example", to: admin)
            var document = SuppressionOrderDocument()
            document.patterns = ["a@x.example", "no@x.example"]
            #expect(
                try await results(document, AdminPath.suppressionRemoval, admin).map(\.result) == [
                    "removed", "missing",
                ])
            var filter = SuppressionOrderDocument()
            filter.match = "@x."
            filter.dryRun = true
            for left in [2, 1] {
                let removal = try await admin.client.post(
                    filter, to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
                #expect(removal.removed == 1)
                filter.dryRun = false
                if left == 1 { #expect(try await list(admin).map(\.pattern) == ["c@y.example"]) }
            }
        }
    }

    @Test("What was added since a moment is listed and removed, and nothing older")
    func since() async throws {
        try await with { admin in
            _ = try await add("a@x.example", to: admin)
            let (before, now, after) = (
                "2026-11-21T10:00:00.122Z", "2026-11-21T10:00:00.123Z", "2026-11-21T10:00:00.124Z"
            )
            for (moment, count) in [(before, 1), (now, 1), (after, 0)] {
                #expect(try await list(admin, [("since", moment)]).count == count)
            }
            #expect(try await refusal { _ = try await list(admin, [("since", "yesterday")]) }.0 == 400)
            var document = SuppressionOrderDocument()
            for (moment, count) in [(after, 0), (now, 1)] {
                document.since = moment
                let removal = try await admin.client.post(
                    document, to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
                #expect(removal.removed == count)
            }
            document.since = "yesterday"
            #expect(
                try await refusal {
                    _ = try await admin.client.post(
                        document, to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
                }.0 == 400)
            (document.since, document.patterns) = (now, ["a@x.example"])
            #expect(
                try await refusal { _ = try await results(document, AdminPath.suppressionRemoval, admin) }.0 == 400)
        }
    }

    @Test("A file with mistakes is refused with all of them, and changes nothing")
    func files() async throws {
        try await with { admin in
            func take(_ text: String, _ words: [(name: String, value: String?)] = []) async throws
                -> SuppressionImportDocument
            {
                var rest: ByteBuffer? = ByteBuffer(string: text)
                return try await admin.client.upload(
                    to: AdminPath.suppressionImport(words), length: text.utf8.count, of: "text/plain",
                    for: SuppressionImportDocument.self
                ) {
                    defer { rest = nil }
                    return rest
                }
            }
            let bad = (0..<1500).map { "wrong\($0)\n" }.joined()
            let (status, words) = try await refusal { _ = try await take("a@x.example\n" + bad) }
            #expect(status == 409 && words.split(separator: "\n").count == 1001)
            #expect(words.hasPrefix("line 2: ") && words.hasSuffix("and 500 more"))
            #expect(try await list(admin).isEmpty)
            let good = "a@x.example\n@y.example,known to be dead\n"
            #expect(try await take(good, [("dry_run", "true")]).wide == 1)
            #expect(try await list(admin).isEmpty)
            #expect(try await take(good, [("reason", "list of May")]).added == 2)
            #expect(try await list(admin).map(\.reason) == ["known to be dead", "list of May"])
            #expect(try await list(admin).map(\.source) == ["import", "import"])
        }
    }
}
