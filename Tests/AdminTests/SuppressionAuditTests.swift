import Admin
import Audit
import Delivery
import Glibc
import Mail
import NIOCore
import Spool
import Suppression
import TestKit
import Testing
import Upstreams

@Suite("Orders for suppressions are in the audit log before they are carried out")
struct SuppressionAuditTests {
    private static let me = "uid:\(getuid())"

    /// - Returns: what is in the audit log after `body`, without its first record.
    private func recorded(
        addresses form: @escaping @Sendable (String) -> String = { $0 },
        _ body: (RunningAdmin, SuppressionStore) async throws -> Void
    ) async throws -> [AuditRecord] {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try SuppressionStore.open(
            directory: directory.path, settings: SuppressionSettings(), clock: { RunningAdmin.now }, events: { _ in })
        let gate = SuppressionGate(store.index, action: .refuse)
        let desk = SuppressionDesk(
            store, gate, routes: RouteTable([Route(name: "bulk", upstreams: [0])], upstreamCount: 1))
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        try await RunningAdmin.with(suppressions: desk, audit: log, addresses: form) { try await body($0, store) }
        await store.close()
        await log.close()
        let reader = try AuditReader(directory: directory.path)
        #expect(try reader.verify().isSound)
        return try reader.records(AuditFilter()).filter { $0.what != "audit begin" }
    }

    private func order(
        _ path: String, _ patterns: [String], _ admin: RunningAdmin,
        _ change: (inout SuppressionOrderDocument) -> Void = { _ in }
    ) async throws {
        var document = SuppressionOrderDocument()
        (document.patterns, document.reason) = (patterns, "asked us")
        change(&document)
        try await admin.client.forEachLine(posting: document, to: path) { _ in }
    }

    private func upload(_ text: String, _ admin: RunningAdmin) async throws {
        var rest: ByteBuffer? = ByteBuffer(string: text)
        _ = try await admin.client.upload(
            to: AdminPath.suppressionImport([("reason", "asked us")]), length: text.utf8.count, of: "text/plain",
            for: SuppressionImportDocument.self
        ) {
            defer { rest = nil }
            return rest
        }
    }

    private func record(_ what: String, _ subject: String, _ before: String?, _ after: String?) -> AuditRecord {
        AuditRecord(
            at: RunningAdmin.now, who: Self.me, what: "suppression \(what)", subject: subject, reason: "asked us",
            before: before, after: after)
    }

    @Test("patterns that are named: each with what there was before, and a rehearsal leaves nothing")
    func named() async throws {
        let until = (RunningAdmin.now + .seconds(60)).rfc3339
        let records = try await recorded { admin, _ in
            try await order(AdminPath.suppressionAddition, ["Bob@x.example", "@y.example"], admin) {
                $0.expiresAt = until
            }
            try await order(AdminPath.suppressionAddition, ["bob@x.example"], admin) { $0.route = "bulk" }
            try await order(AdminPath.suppressionAddition, ["ann@x.example"], admin) { $0.dryRun = true }
            try await order(AdminPath.suppressionRemoval, ["bob@x.example", "ann@x.example"], admin)
        }
        let by = "by operator \(Self.me) at \(RunningAdmin.now.rfc3339)"
        #expect(
            records == [
                record("add", "bob@x.example", "none", "suppressed until \(until)"),
                record("add", "@y.example", "none", "suppressed until \(until)"),
                record("add", "bob@x.example on route bulk", "none", "suppressed"),
                record(
                    "remove", "bob@x.example", "suppressed until \(until) \(by); suppressed on route bulk \(by)", "none"
                ),
                record("remove", "ann@x.example", "none", "none"),
            ])
    }

    @Test("an order about many patterns has them all, in few records")
    func many() async throws {
        let patterns = (100..<600).map { "user\($0)@a-long-name.example" }
        let records = try await recorded { admin, _ in
            try await order(AdminPath.suppressionAddition, patterns, admin)
        }
        #expect(records.flatMap { $0.subject.split(separator: " ").map(String.init) } == patterns)
        #expect(records.count == 4 && records.allSatisfy { $0.before == nil && $0.after == "suppressed" })
    }

    @Test("an order that cannot be carried out has a second record, which says so")
    func refused() async throws {
        let patterns = (0...100).map { "u\($0)@x.example" }
        let records = try await recorded { admin, store in
            await store.close()
            await #expect(throws: AdminClientError.self) {
                try await order(AdminPath.suppressionAddition, patterns, admin)
            }
        }
        #expect(records.map(\.after) == ["suppressed", "not carried out: the relay is stopping"])
        #expect(Set(records.map(\.subject)).count == 1)
    }

    @Test("a removal by filter and a file: what was ordered, and what came of it")
    func wholesale() async throws {
        let records = try await recorded { admin, _ in
            try await upload("a@x.example\nb@x.example\n@y.example\n", admin)
            await #expect(throws: AdminClientError.self) { try await upload("a@x.example\nnobody\n", admin) }
            for isRehearsal in [true, false] {
                var filter = SuppressionOrderDocument()
                (filter.match, filter.reason, filter.dryRun) = ("x.example", "asked us", isRehearsal)
                _ = try await admin.client.post(
                    filter, to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
            }
        }
        #expect(
            records == [
                record("import", "file of 35 octets", nil, "suppressed"),
                record("import", "file of 35 octets", nil, "3 added, 0 replaced"),
                record("import", "file of 19 octets", nil, "suppressed"),
                record("import", "file of 19 octets", nil, "not carried out: problems in the file: 1"),
                record("remove", "filter match=x.example", nil, "none"),
                record("remove", "filter match=x.example", nil, "2 removed"),
            ])
    }

    @Test("addresses are hashed where the history's are; domains are nobody's name")
    func hashed() async throws {
        let records = try await recorded(addresses: { "hash:\($0.utf8.count)" }) { admin, _ in
            try await order(AdminPath.suppressionAddition, ["bob@x.example", "@y.example"], admin)
            var filter = SuppressionOrderDocument()
            (filter.match, filter.reason) = ("bob@x.example", "asked us")
            _ = try await admin.client.post(
                filter, to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
        }
        #expect(
            records.map(\.subject) == ["hash:13", "@y.example"] + Array(repeating: "filter match=hash:13", count: 2))
    }
}
