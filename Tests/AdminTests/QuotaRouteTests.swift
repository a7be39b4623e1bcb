import Admin
import Audit
import Delivery
import Mail
import NIOCore
import Synchronization
import Telemetry
import TestKit
import Testing
import Upstreams

@Suite("Quotas, through the admin interface")
struct QuotaRouteTests {
    /// The quotas of one upstream, and the orders about them.
    private final class Desk: Sendable {
        private let orders = Mutex<[QuotaCorrection]>([])
        let quotas: [QuotaReport]
        let unsaved: String?

        init(_ quotas: String..., unsaved: String? = nil) {
            self.quotas = quotas.compactMap { Quota($0) }.map {
                QuotaReport(quota: $0, used: 40, left: $0.limit - 40, resetsAt: RunningAdmin.now)
            }
            self.unsaved = unsaved
        }

        var taken: [QuotaCorrection] { orders.withLock { $0 } }

        var detail: UpstreamDetail {
            var status = UpstreamStatus(name: "ses", priority: 1, address: "h:25", since: RunningAdmin.now)
            status.quotas = quotas
            return UpstreamDetail(status: status, reason: "", routes: [], history: [], answers: [])
        }

        func correct(_ name: String, _ correction: QuotaCorrection) -> QuotaCorrectionResult {
            orders.withLock { $0.append(correction) }
            return .done(detail, unsaved: unsaved)
        }
    }

    private func with(_ desk: Desk, audit log: AuditLog? = nil, _ body: (RunningAdmin) async throws -> Void)
        async throws
    {
        try await RunningAdmin.with(
            detail: { $0 == "ses" ? desk.detail : nil }, correctQuota: { desk.correct($0, $1) }, audit: log,
            body: body)
    }

    private func refusal(_ body: () async throws -> Void) async throws -> (status: Int, message: String)? {
        do {
            try await body()
            return nil
        } catch AdminClientError.refused(let status, let message) {
            return (status, message)
        }
    }

    @Test("An order reaches the delivery, and the answer shows the upstream")
    func order() async throws {
        let desk = Desk("100/d", "1000/month")
        try await with(desk) { (admin) async throws in
            for (word, period) in [("d", Quota.Period.day), ("100/d", .day), ("month", .month)] {
                let answer = try await admin.client.post(
                    QuotaOrderDocument(used: 70, quota: word, reason: "the console says so"),
                    to: AdminPath.quota("ses"), for: UpstreamDetailDocument.self)
                #expect(answer.upstream.quotas.map(\.quota) == ["100/d", "1000/month"])
                #expect(answer.upstream.quotas.map(\.left) == [60, 960])
                #expect(desk.taken.last == QuotaCorrection(period: period, used: 70, reason: "the console says so"))
            }
        }
    }

    @Test("An order is in the audit log, with what was counted before")
    func audited() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        try await with(Desk("100/d"), audit: log) { (admin) async throws in
            for dryRun in [true, false] {
                let order = QuotaOrderDocument(used: 70, reason: "why", dryRun: dryRun)
                if dryRun {
                    _ = try await admin.client.post(
                        order, to: AdminPath.quota("ses"), for: QuotaImpactDocument.self)
                } else {
                    _ = try await admin.client.post(
                        order, to: AdminPath.quota("ses"), for: UpstreamDetailDocument.self)
                }
            }
        }
        await log.close()
        let records = try AuditReader(directory: directory.path).records(AuditFilter())
        let found = records.filter { $0.what == "upstream quota" }
        #expect(found.map(\.subject) == ["ses"])
        #expect(found.map(\.before) == ["100/d used 40"])
        #expect(found.map(\.after) == ["100/d used 70"])
        #expect(found.map(\.reason) == ["why"])
    }

    @Test("A dry run changes nothing, and says what would")
    func dryRun() async throws {
        let desk = Desk("100/d")
        try await with(desk) { (admin) async throws in
            let impact = try await admin.client.post(
                QuotaOrderDocument(used: 70, dryRun: true), to: AdminPath.quota("ses"), for: QuotaImpactDocument.self)
            #expect(impact.upstream == "ses" && impact.quota == "100/d")
            #expect(impact.before == 40 && impact.after == 70)
        }
        #expect(desk.taken.isEmpty)
    }

    @Test(
        "What makes no sense is refused with its reason",
        arguments: [
            (#"{"used":-1,"quota":"d"}"#, "used must be from 0"),
            (#"{"used":1,"quota":"soon"}"#, "soon is not a quota"),
            (#"{"uses":1}"#, "unknown name uses"), (#"{"quota":"d"}"#, "the body must be JSON"),
            ("", "the body must be JSON"),
        ])
    func nonsense(body: String, words: String) {
        do throws(AdminError) {
            _ = try QuotaOrderDocument(ByteBuffer(string: body)).correction()
            Issue.record("\(body) is taken")
        } catch {
            #expect(error.message.contains(words))
        }
    }

    @Test(
        "A quota that the upstream does not have, or that is not named among several, is refused",
        arguments: [
            (nil, "has several quotas; name one of 100/d, 1000/month"),
            ("24h", "no quota per 24h; there are 100/d, 1000/month"),
        ] as [(String?, String)])
    func unnamed(quota: String?, words: String) async throws {
        let desk = Desk("100/d", "1000/month")
        try await with(desk) { (admin) async throws in
            let answer = try await refusal {
                _ = try await admin.client.post(
                    QuotaOrderDocument(used: 1, quota: quota), to: AdminPath.quota("ses"),
                    for: UpstreamDetailDocument.self)
            }
            #expect(answer?.status == 400)
            #expect(answer?.message.contains(words) == true)
        }
        #expect(desk.taken.isEmpty)
    }

    @Test("An unknown upstream, and one without a quota, are told apart")
    func unknown() async throws {
        let desk = Desk()
        try await with(desk) { (admin) async throws in
            let order = QuotaOrderDocument(used: 1)
            let unknown = try await refusal {
                _ = try await admin.client.post(order, to: AdminPath.quota("sse"), for: UpstreamDetailDocument.self)
            }
            #expect(unknown?.status == 404)
            let none = try await refusal {
                _ = try await admin.client.post(order, to: AdminPath.quota("ses"), for: UpstreamDetailDocument.self)
            }
            #expect(none?.status == 400)
            #expect(none?.message.contains("ses has no quota in relay.conf") == true)
        }
    }

    @Test("An order that cannot be written down is in force, and the answer says so")
    func unsaved() async throws {
        try await with(Desk("100/d", unsaved: "no space left")) { (admin) async throws in
            let answer = try await refusal {
                _ = try await admin.client.post(
                    QuotaOrderDocument(used: 1), to: AdminPath.quota("ses"), for: UpstreamDetailDocument.self)
            }
            #expect(answer?.status == 503)
            #expect(answer?.message.contains("no space left") == true)
        }
    }

    @Test("A quota has the documented names")
    func names() throws {
        let document = QuotaDocument(Desk("100/d").quotas[0])
        let line = try AdminJSON.line(document)
        #expect(
            line
                == #"{"free_at":null,"left":60,"limit":100,"quota":"100/d","resets_at":"2026-11-21T10:00:00.123Z","used":40}"#
                + "\n")
    }
}
