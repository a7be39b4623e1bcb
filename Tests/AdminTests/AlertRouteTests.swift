import Admin
import Alerts
import Audit
import Mail
import NIOCore
import Synchronization
import Telemetry
import TestKit
import Testing

@Suite("Alerts, through the admin interface")
struct AlertRouteTests {
    /// Two alerts; orders are written down, and silences shown.
    private final class Board: Sendable {
        struct State {
            var orders: [String] = []
            var silence: AlertSilence?
        }

        let state = Mutex(State())
        var orders: [String] { state.withLock { $0.orders } }
        private func note(_ order: String) { state.withLock { $0.orders.append(order) } }

        var desk: AlertDesk {
            AlertDesk(
                list: { self.statuses },
                test: { rule in
                    self.note("test \(rule.name)")
                    return rule.notify.map { AlertTestResult(notify: $0, problem: $0 == "bad" ? "no answer" : nil) }
                },
                silence: { name, duration, who, reason in
                    self.note("silence \(name) \(duration / .seconds(1)) \(reason ?? "-")")
                    let now = RunningAdmin.now
                    self.state.withLock {
                        $0.silence = AlertSilence(since: now, until: now + duration, who: who, reason: reason)
                    }
                },
                unsilence: { name, _, _ in
                    self.note("unsilence \(name)")
                    self.state.withLock { $0.silence = nil }
                }, report: { _ in })
        }

        private var statuses: [AlertStatus] {
            var open = AlertRule(name: "upstream_open", kind: .upstreamOpen)
            open.notify = ["ops", "bad"]
            var machine = AlertMachine([open, AlertRule(name: "deep", kind: .queueDepth)])
            var (facts, upstream) = (AlertFacts(), UpstreamFacts(name: "ses"))
            upstream.isClosed = false
            facts.upstreams = [upstream]
            _ = machine.look(facts, now: RunningAdmin.now)
            return [
                AlertStatus(machine.groups[0], state.withLock { $0.silence }, lead: .zero),
                AlertStatus(machine.groups[1], nil, lead: .zero),
            ]
        }
    }

    private func with(
        audit log: AuditLog? = nil, _ body: (RunningAdmin, Board) async throws -> Void
    ) async throws {
        let board = Board()
        try await RunningAdmin.with(alerts: board.desk, audit: log) { try await body($0, board) }
    }

    private func lines<Document: Decodable>(_ type: Document.Type, _ admin: RunningAdmin, _ path: String)
        async throws -> [Document]
    {
        var all: [Document] = []
        try await admin.client.forEachLine(at: path) { all.append(try AdminJSON.decode(type, from: $0)) }
        return all
    }

    private func order(
        _ action: AlertOrderDocument.Action, _ order: AlertOrderDocument, _ admin: RunningAdmin,
        _ name: String = "upstream_open"
    ) async throws -> AlertDocument {
        try await admin.client.post(order, to: AdminPath.alert(name, action), for: AlertDocument.self)
    }

    @Test("are listed with what applies, and how each subject stands")
    func list() async throws {
        try await with { admin, _ in
            let alerts = try await lines(AlertDocument.self, admin, AdminPath.alerts)
            #expect(alerts.map(\.name) == ["upstream_open", "deep"])
            #expect(alerts.map(\.state) == ["firing", "ok"])
            #expect(alerts.map(\.above) == [nil, "10000"])
            #expect(alerts[0].subjects.map(\.subject) == ["ses"] && alerts[0].notify == ["ops", "bad"])
            #expect(alerts[1].for_seconds == 60 && alerts[1].clear_for_seconds == 60)
            #expect(alerts[1].repeat_seconds == 86_400 && alerts[1].silence == nil)
        }
    }

    @Test("a test says of each whether it was told; a rehearsal tells nobody")
    func test() async throws {
        try await with { admin, board in
            var results: [AlertTestDocument] = []
            let path = AdminPath.alert("upstream_open", .test)
            try await admin.client.forEachLine(posting: AlertOrderDocument(dryRun: true), to: path) {
                results.append(try AdminJSON.decode(AlertTestDocument.self, from: $0))
            }
            #expect(results.map(\.result) == ["would_send", "would_send"] && board.orders.isEmpty)
            results = []
            try await admin.client.forEachLine(posting: AlertOrderDocument(reason: "trying"), to: path) {
                results.append(try AdminJSON.decode(AlertTestDocument.self, from: $0))
            }
            #expect(results.map(\.result) == ["sent", "failed"] && results[1].reason == "no answer")
            #expect(board.orders == ["test upstream_open"])
        }
    }

    @Test("a silence lasts an hour unless it says so, and ends by order")
    func silence() async throws {
        try await with { admin, board in
            var alert = try await order(.silence, AlertOrderDocument(reason: "why", dryRun: true), admin)
            #expect(alert.silence == nil && board.orders.isEmpty)
            alert = try await order(.silence, AlertOrderDocument(reason: "why"), admin)
            #expect(alert.silence?.until == (RunningAdmin.now + .seconds(3600)).rfc3339)
            alert = try await order(.silence, AlertOrderDocument(forSeconds: 60), admin)
            #expect(alert.silence?.reason == nil)
            alert = try await order(.unsilence, AlertOrderDocument(), admin)
            #expect(alert.silence == nil)
            _ = try await order(.unsilence, AlertOrderDocument(), admin)
            #expect(
                board.orders == [
                    "silence upstream_open 3600.0 why", "silence upstream_open 60.0 -", "unsilence upstream_open",
                ])
        }
    }

    @Test("orders are in the audit log, with who, why, before and after")
    func audit() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        try await with(audit: log) { admin, _ in
            _ = try await order(.silence, AlertOrderDocument(reason: "why", forSeconds: 60), admin)
            _ = try await order(.unsilence, AlertOrderDocument(), admin)
            var records: [AuditRecord] = []
            try await admin.client.forEachLine(at: "/v1/audit?what=alert") {
                records.append(try AuditRecord(json: $0.readableBytesView))
            }
            let until = "silenced until \((RunningAdmin.now + .seconds(60)).rfc3339)"
            #expect(records.map(\.what) == ["alert silence", "alert unsilence"])
            #expect(records.map(\.after) == [until, "told"] && records.map(\.before) == ["told", until])
            #expect(records.map(\.reason) == ["why", nil] && records.allSatisfy { $0.subject == "upstream_open" })
        }
        await log.close()
    }

    @Test(
        "bad orders are refused, with a reason",
        arguments: [
            ("silence", #"{"for_seconds":0}"#, "for_seconds must be from 1 to 31622400"),
            ("silence", #"{"for_seconds":1e300}"#, "for_seconds must be from 1 to 31622400"),
            ("silence", #"{"for":60}"#, "unknown name for in the body; expected reason, for_seconds, dry_run"),
            ("test", #"{"for_seconds":60}"#, "unknown name for_seconds in the body; expected reason, dry_run"),
            ("unsilence", "[]", "the body must be JSON"),
        ])
    func bad(action: String, body: String, words: String) throws {
        let action = try #require(AlertOrderDocument.Action(rawValue: action))
        do {
            _ = try AlertOrderDocument(ByteBuffer(string: body), for: action)
            #expect(Bool(false), "it was taken")
        } catch {
            #expect(error.code == .badRequest && error.message.contains(words), "\(error.message)")
        }
    }

    @Test("an unknown alert is named, with those that there are")
    func unknown() async throws {
        try await with { admin, board in
            do {
                _ = try await order(.silence, AlertOrderDocument(), admin, "moon")
                #expect(Bool(false), "it was taken")
            } catch {
                #expect("\(error)".contains("no alert moon; there are upstream_open, deep"), "\(error)")
            }
            #expect(board.orders.isEmpty)
        }
    }

    @Test("figures have each alert, and how many subjects fire")
    func figures() async throws {
        try await with { admin, _ in
            var text = ""
            try await admin.client.forEachLine(at: "/metrics") { text += String(buffer: $0) + "\n" }
            #expect(text.contains("posthorse_alerts_firing{alert=\"upstream_open\",severity=\"warning\"} 1\n"))
            #expect(text.contains("posthorse_alerts_firing{alert=\"deep\",severity=\"warning\"} 0\n"))
        }
    }
}
