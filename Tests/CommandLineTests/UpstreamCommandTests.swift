import Admin
import Console
import Delivery
import Mail
import OAuth
import Testing
import Upstreams

@testable import posthorse

@Suite("Output of the upstream commands")
struct UpstreamCommandTests {
    static let now = Timestamp(milliseconds: 1_795_255_200_000)
    private static let words = UpstreamCommandLines(config: nil)

    private static func detail(_ change: (inout UpstreamDetail) -> Void = { _ in }) -> UpstreamDetailDocument {
        var status = UpstreamStatus(name: "ses", priority: 1, address: "h:25", since: now + .seconds(-200))
        status.adminOverride = AdminOverride(state: .enabled, since: now)
        var detail = UpstreamDetail(
            status: status, reason: "it works", routes: ["default"],
            history: [], answers: [])
        change(&detail)
        return UpstreamDetailDocument(detail)
    }

    private static func upstream(_ name: String, circuit: CircuitState = .closed) -> UpstreamDocument {
        var status = UpstreamStatus(name: name, priority: 2, address: "h:26", since: now)
        status.circuit = circuit
        return UpstreamDocument(status)
    }

    private static func answer(
        _ action: UpstreamControl.Action, _ detail: UpstreamDetailDocument, others: [UpstreamDocument] = []
    ) -> String {
        UpstreamControlReport(action, detail, others: others, now: now, commands: words).lines.joined(separator: "\n")
    }

    @Test("disable shows until when and why, where mail goes now, and how to undo it")
    func disable() {
        let detail = Self.detail {
            $0.status.adminOverride = AdminOverride(
                state: .disabled, reason: "quota", since: Self.now, until: Self.now + .seconds(1800))
        }
        let others = [Self.upstream("mg"), Self.upstream("sick", circuit: .open)]
        #expect(
            Self.answer(.disable, detail, others: others) == """
                ses is disabled until 2026-11-21T10:30:00.000Z (30m): quota
                No new mail and no probes; queued mail goes elsewhere.
                Mail goes through mg, as the routes say.
                Undo: posthorse upstream enable ses
                """)
    }

    @Test("a rehearsal says how the upstream stands, what would be done, and where mail would go")
    func rehearsal() {
        let upstream = Self.detail().upstream
        let disabling = UpstreamRehearsal(.disable, upstream, for: .seconds(1800), others: [Self.upstream("mg")])
        #expect(
            disabling.lines == [
                "ses is enabled, its circuit closed, its share 100%.", "This would disable ses for 30m.",
                "Mail would go through mg, as the routes say.",
            ])
        let tripping = UpstreamRehearsal(.trip, upstream, for: nil, others: [Self.upstream("sick", circuit: .open)])
        #expect(
            tripping.lines.dropFirst() == [
                "This would open the circuit of ses.",
                "No other upstream accepts mail now: mail would wait in the queue.",
            ])
        #expect(UpstreamRehearsal(.enable, upstream, for: nil, others: []).lines.count == 2)
    }

    @Test("Unsaved overrides are reported where it matters", arguments: UpstreamControl.Action.allCases)
    func unsaved(action: UpstreamControl.Action) {
        let detail = Self.detail {
            $0.unsaved = "disk full\u{1B}"
            $0.lastProbe = Self.good
        }
        let words = "In force, but not on disk: a restart would lose it (disk full"
        let isMark = [.disable, .drain, .enable].contains(action)
        #expect(Self.answer(action, detail).contains(words) == isMark)
        #expect(!Self.answer(action, Self.detail { $0.lastProbe = Self.good }).contains("on disk"))
        let page = UpstreamReport(detail, terminal: .plain, now: Self.now, commands: Self.words).lines
        #expect(page.contains { $0.hasPrefix("Not on disk  a restart would lose operators' orders: disk full") })
    }

    @Test(
        "If no other upstream accepts mail, that is reported",
        arguments: [UpstreamControl.Action.disable, .drain, .trip])
    func alone(action: UpstreamControl.Action) {
        let text = Self.answer(action, Self.detail(), others: [Self.upstream("sick", circuit: .open)])
        #expect(text.contains("No other upstream accepts mail now: mail waits in the queue"))
        #expect(text.contains("Undo: posthorse upstream"))
    }

    @Test("trip shows the time of the trial, and reset undoes it")
    func trip() {
        let detail = Self.detail {
            $0.status.circuit = .open
            $0.nextStepAt = Self.now + .seconds(30)
        }
        let text = Self.answer(.trip, detail, others: [Self.upstream("mg")])
        #expect(text.contains("one message tries it at 2026-11-21T10:00:30.000Z (31s)"))
        #expect(text.contains("Undo: posthorse upstream reset ses"))
    }

    @Test("enable of an upstream with an open circuit says how to give it mail")
    func enable() {
        #expect(Self.answer(.enable, Self.detail()).contains("circuit is closed, its share 100%"))
        let open = Self.detail { $0.status.circuit = .open }
        #expect(Self.answer(.enable, open).contains("posthorse upstream reset ses"))
    }

    @Test("reset of a disabled upstream says that it is still disabled")
    func reset() {
        let disabled = Self.detail { $0.status.adminOverride.state = .disabled }
        #expect(Self.answer(.reset, disabled).contains("still disabled: posthorse upstream enable ses"))
    }

    private static let good = ProbeResult(at: now, took: .milliseconds(1_250), failedPhase: nil, text: "235 ok")
    private static let bad = ProbeResult(at: now, took: .milliseconds(12), failedPhase: "auth", text: "535 5.7.8 no")

    @Test("A probe shows its result, and advice if the circuit disagrees")
    func probe() throws {
        let healthy = Self.detail { $0.lastProbe = Self.good }
        #expect(Self.answer(.probe, healthy) == "ses is healthy, after 1.3 s: 235 ok")
        try UpstreamControlReport.check(.probe, healthy)
        let sick = Self.detail { $0.lastProbe = Self.bad }
        let text = Self.answer(.probe, sick)
        #expect(text.contains("ses is not healthy: failed at auth after 12 ms: 535 5.7.8 no"))
        #expect(text.contains("posthorse upstream disable ses --for 30m"))
        #expect(throws: Failure(.notRunning, "")) { try UpstreamControlReport.check(.probe, sick) }
        let recovered = Self.detail { ($0.lastProbe, $0.status.circuit) = (Self.good, .open) }
        #expect(Self.answer(.probe, recovered).contains("posthorse upstream reset ses"))
        #expect(throws: Failure.self) { try UpstreamControlReport.check(.probe, Self.detail()) }
    }

    @Test("Suggested commands name the configuration if it was given, quoted for a shell")
    func configuration() {
        #expect(
            UpstreamCommandLines(config: "/etc/r.conf").show("a") == "posthorse upstream show a --config /etc/r.conf")
        #expect(UpstreamCommandLines(config: "my file").show("a") == "posthorse upstream show a --config 'my file'")
        #expect(UpstreamCommandLines(config: "it's").control(.reset, "a").hasSuffix(" --config 'it'\\''s'"))
    }

    @Test("The page says until when a token is valid, or why there is none")
    func token() {
        func lines(_ token: TokenStatus?) -> [String] {
            let detail = Self.detail { $0.status.token = token }
            return UpstreamReport(detail, terminal: .plain, now: Self.now, commands: Self.words).lines
                .filter { $0.hasPrefix("Token") }
        }
        #expect(lines(nil) == [])
        let valid = lines(TokenStatus(.valid, expires: Self.now + .seconds(600), renewed: Self.now))
        let until = (Self.now + .seconds(600)).rfc3339
        #expect(valid.count == 1 && valid[0].hasPrefix("Token        valid until \(until) ("))
        #expect(valid[0].contains("; the last one came at \(Self.now.rfc3339)"))
        #expect(
            lines(TokenStatus(.refused, lastError: "no token: answers 401")) == [
                "Token        none; none has come yet", "Token error  no token: answers 401",
            ])
        #expect(lines(TokenStatus(.fetching)) == ["Token        none; one is asked for; none has come yet"])
    }

    @Test("The page of an upstream has its share and the reason, its history and its answers")
    func page() {
        let detail = Self.detail {
            $0.status.circuit = .open
            $0.status.share = 0
            $0.reason = "5 failures in a row"
            $0.nextStepAt = Self.now + .seconds(9)
            $0.status.rate = 12.5
            $0.status.connections = 3
            $0.status.connectionLimit = 40
            $0.status.searchesConnections = true
            $0.status.messagesPerSession = 1
            $0.status.sessionsAllowed = 3
            $0.status.recipientsPerTransaction = 20
            $0.status.isInLockStep = true
            $0.lastProbe = Self.bad
            $0.history = [
                .init(at: Self.now, .circuit(from: .closed, to: .closed), share: 0.1, cause: "next step"),
                .init(at: Self.now, .circuit(from: .closed, to: .closed), share: 0.5, cause: "next step"),
                .init(at: Self.now, .admin(from: .enabled, to: .disabled), share: 0.5, cause: "disable"),
                .init(at: Self.now, .circuit(from: .closed, to: .open), share: 0, cause: "5 failures in a row"),
            ]
            $0.answers = [.init(at: Self.now, phase: "mail", text: "454 4.7.0 quota", verdict: "account, failover")]
        }
        let page = UpstreamReport(detail, terminal: .plain, now: Self.now, commands: Self.words).lines
        let expected = [
            "Name         ses, h:25, priority 1", "Operator     enabled",
            "Circuit      open since 2026-11-21T09:56:40.000Z (3m ago)", "Share        0%: 5 failures in a row",
            "Next step    one message tries it at 2026-11-21T10:00:09.000Z (10s)",
            "Rate         at most 13 messages a second", "Routes       default",
            "Load         3 connections of 40, found by itself, 0 messages in flight",
            "Habits       ends a session after 1 message; allows 3 sessions at a time; takes 20 recipients at a time; "
                + "drops pipelined commands, so it gets one at a time",
            "  2026-11-21T10:00:00.000Z  closed, share 10%: next step",
            "  2026-11-21T10:00:00.000Z  closed, share 10% → 50%: next step",
            "  2026-11-21T10:00:00.000Z  enabled → disabled, share 50%: disable",
            "  2026-11-21T10:00:00.000Z  closed → open, share 50% → 0%: 5 failures in a row",
            "  2026-11-21T10:00:00.000Z  at mail → account, failover", "      454 4.7.0 quota",
            "  posthorse upstream reset ses",
        ]
        for line in expected { #expect(page.contains(line), "\(line)") }
        #expect(page.contains { $0.hasPrefix("Last probe") && $0.contains("failed at auth after 12 ms: 535 5.7.8 no") })
    }

    @Test("Of an upstream that answers again, the trial is told, not a time that has passed or its last error")
    func answersAgain() {
        let detail = Self.detail {
            ($0.status.circuit, $0.status.awaitsTrial) = (.open, true)
            $0.status.lastError = "connect: Connection refused"
            $0.nextStepAt = Self.now + .seconds(-9)
        }
        let page = UpstreamReport(detail, terminal: .plain, now: Self.now, commands: Self.words).lines
        #expect(page.contains("Next step    the next message tries it"))
        let rows = UpstreamTable(terminal: .plain, now: Self.now).rows(of: detail.upstream)
        #expect(rows.dropFirst() == ["    answers again: the next message is its trial"])
    }

    @Test("The page says if the timeouts are too short for the greeting")
    func shortTimeouts() {
        for (patience, words) in [
            (Duration.milliseconds(4500), "at most 3.0 s in its last sessions; it may take 4.5 s where"),
            (.seconds(2), "up to 3.0 s in its last sessions, but it may take only 2.0 s: connect_timeout or"),
        ] {
            let detail = Self.detail {
                $0.slowestGreeting = .seconds(3)
                $0.greetingPatience = patience
            }
            let page = UpstreamReport(detail, terminal: .plain, now: Self.now, commands: Self.words).lines
            #expect(page.contains { $0.hasPrefix("Greeting     " + words) }, "\(page)")
        }
    }

    @Test("Quotas are listed with what is left of them, and when something is free again")
    func quotas() throws {
        let (day, month) = (try #require(Quota("100/d")), try #require(Quota("1000/month")))
        let detail = Self.detail {
            $0.status.quotas = [
                QuotaReport(quota: day, used: 100, left: 0, resetsAt: Self.now, freeAt: Self.now),
                QuotaReport(quota: month, used: 400, left: 600, resetsAt: Self.now),
            ]
        }
        let words = [
            "100 of 100/d used, 0 left; free again at 2026-11-21T10:00:00.000Z",
            "400 of 1000/month used, 600 left; until 2026-11-21T10:00:00.000Z",
        ]
        let page = UpstreamReport(detail, terminal: .plain, now: Self.now, commands: Self.words).lines
        for words in words { #expect(page.contains("Quota        " + words), "\(page)") }
        let rows = UpstreamTable(terminal: .plain, now: Self.now).rows(of: detail.upstream)
        for words in words { #expect(rows.contains { $0.contains("quota: " + words.prefix(30)) }, "\(rows)") }
    }

    @Test("Control characters in replies, reasons and names do not reach the terminal")
    func controlCharacters() {
        let evil = "x\u{1B}]0;title\u{7}\r\ny\u{9B}31m\u{202E}"
        let detail = Self.detail {
            $0.status.name = evil
            $0.status.lastError = evil
            $0.status.adminOverride = AdminOverride(state: .disabled, reason: evil, since: Self.now)
            $0.reason = evil
            $0.unsaved = evil
            $0.lastProbe = ProbeResult(at: Self.now, took: .zero, failedPhase: evil, text: evil)
            $0.routes = [evil]
            $0.history = [.init(at: Self.now, .circuit(from: .closed, to: .open), share: 0, cause: evil)]
            $0.answers = [.init(at: Self.now, phase: evil, text: evil, verdict: evil)]
        }
        var lines = UpstreamReport(
            detail, terminal: .plain, now: Self.now, commands: UpstreamCommandLines(config: evil)
        ).lines
        for action in UpstreamControl.Action.allCases {
            lines +=
                UpstreamControlReport(
                    action, detail, others: [Self.upstream(evil)], now: Self.now,
                    commands: UpstreamCommandLines(config: evil)
                ).lines
        }
        lines += UpstreamTable(terminal: .plain, now: Self.now).rows(of: detail.upstream)
        for line in lines {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }, "\(line)")
        }
    }

    @Test("The table shows the operator's order, and until when")
    func table() {
        let detail = Self.detail {
            $0.status.adminOverride = AdminOverride(
                state: .draining, reason: "move", since: Self.now, until: Self.now + .seconds(50))
        }
        let rows = UpstreamTable(terminal: .plain, now: Self.now).rows(of: detail.upstream)
        #expect(rows[0].contains("draining"))
        #expect(rows[1] == "    draining until 2026-11-21T10:00:50.000Z (51s): move")
    }

    @Test(
        "Invalid times and nonsensical options are wrong usage",
        arguments: [
            ["upstream", "disable", "ses", "--for", "soon"], ["upstream", "disable", "ses", "--for", "0s"],
            ["upstream", "trip", "ses", "--for", "9999d"], ["upstream", "enable", "ses", "--for", "5m"],
            ["upstream", "reset", "ses", "--for", "5m"], ["upstream", "probe", "ses", "--for", "5m"],
            ["upstream", "drain"], ["upstream", "drain", "ses", "--reason", String(repeating: "x", count: 501)],
        ])
    func usage(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(arguments, in: directory.path)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("posthorse: "))
    }

    @Test(
        "Without a relay every command ends with 69",
        arguments: ["show", "disable", "enable", "drain", "probe", "trip", "reset"])
    func notRunning(command: String) throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        let result = try Program.run(["upstream", command, "ses"], in: directory.path)
        #expect(result.status == 69)
        #expect(result.errors.contains("the relay is not running"))
    }
}
