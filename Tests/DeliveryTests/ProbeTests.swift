import Mail
import NIOCore
import NIOEmbedded
import SASL
import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("Health checks")
struct ProbeTests {
    private static let secret = "hunter2-ß"

    private func stage(
        upstreams: Int = 2, interval: Duration = .seconds(30), _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: upstreams) { settings in
            settings.health.interval = interval
            configure(&settings)
        }
        stage.dispatcher.restore([])
        return stage
    }

    private func withAccount(_ settings: inout DeliverySettings) {
        settings.upstreams[0].username = "relay"
        settings.upstreams[0].password = .password(Array(Self.secret.utf8))
        settings.upstreams[0].authWithoutTLS = true
    }

    private func results(_ stage: DeliveryStage) -> [ProbeResult] {
        stage.events.all.compactMap { if case .probe(_, let result) = $0 { result } else { nil } }
    }

    private func lastProbe(_ stage: DeliveryStage, _ name: String = "first") -> ProbeResult? {
        stage.dispatcher.detail(of: name)?.lastProbe
    }

    // MARK: - Dialogue

    @Test("takes every step at the start, in a session of its own, and logs nothing")
    func atStart() throws {
        let stage = stage()
        try stage.advance(.seconds(2))
        for upstream in [stage.first, stage.second] {
            #expect(upstream.commands == ["EHLO relay.test", "RSET", "NOOP", "QUIT"])
            #expect(upstream.connects == 1)
        }
        #expect(stage.words.isEmpty)
        let result = lastProbe(stage)
        #expect(result?.failedPhase == nil)
        #expect(result?.text == "every step succeeded, without TLS")
        #expect(stage.dispatcher.upstreams.all.allSatisfy { $0.pool.sessions.isEmpty })
        #expect(stage.first.connections.allSatisfy { !$0.channel.isActive })
    }

    @Test("logs in if there is an account")
    func logsIn() throws {
        let stage = stage(upstreams: 1) { withAccount(&$0) }
        stage.first.keywords = ["AUTH PLAIN"]
        try stage.advance(.seconds(1))
        #expect(stage.first.commands.map { String($0.prefix(4)) } == ["EHLO", "AUTH", "RSET", "NOOP", "QUIT"])
        #expect(lastProbe(stage)?.failedPhase == nil)
    }

    @Test("uses no session of mail, and mail uses none of its own")
    func ownSession() throws {
        let stage = stage(upstreams: 1)
        stage.first.script = { at, _ in at == .noop ? .silence : nil }
        try stage.advance(.milliseconds(100))
        #expect(stage.first.connects == 1)
        stage.accept()
        try stage.settle()
        #expect(stage.first.connects == 2)
        #expect(stage.first.received.count == 1)
    }

    @Test("sends one command at a time where PIPELINING is not offered, or not allowed", arguments: [true, false])
    func oneByOne(isOffered: Bool) throws {
        let stage = stage(upstreams: 1) { if isOffered { $0.upstreams[0].pipelining = .off } }
        stage.first.pipelining = isOffered
        try stage.advance(.seconds(1))
        #expect(stage.first.commands == ["EHLO relay.test", "NOOP", "QUIT"])
    }

    @Test(
        "finds out whether the server drops pipelined commands, within its timeout, and is no failure",
        arguments: [Duration.seconds(5), .milliseconds(400)])
    func dropsPipelined(timeout: Duration) throws {
        let stage = stage { $0.health.timeout = timeout }
        stage.first.dropsPipelinedCommands = true
        try stage.advance(.milliseconds(50))
        for _ in 0..<60 { stage.accept() }
        try stage.advance(.seconds(1))
        #expect(stage.dispatcher.detail(of: "first")?.lastProbe?.failedPhase == nil)
        #expect(stage.dispatcher.statuses()[0].isInLockStep)
        #expect(stage.words.filter { !$0.hasPrefix("delivered") } == ["habit first drops_pipelined_commands any"])
        #expect(stage.first.received.count == 60)
    }

    // MARK: - Failures

    @Test(
        "reports the phase it reached, and ends in time",
        arguments: [ScriptedUpstream.Phase.banner, .ehlo, .auth, .noop], [0, 1, 2])
    func phases(at phase: ScriptedUpstream.Phase, how: Int) throws {
        let name = "\(phase)"
        let behaviour = [ScriptedUpstream.Behaviour.reply("421 4.3.2 closing"), .silence, .drop][how]
        let stage = stage(upstreams: 1) { withAccount(&$0) }
        stage.first.keywords = ["AUTH PLAIN"]
        stage.first.script = { at, _ in at == phase ? behaviour : nil }
        try stage.advance(.milliseconds(5100))
        let result = try #require(results(stage).first)
        #expect(result.failedPhase == name)
        let texts = ["421 4.3.2 closing", "not finished within 5000 ms", "connection closed by the upstream"]
        #expect(result.text == texts[how])
        #expect(result.took == (how == 1 ? .seconds(5) : .zero))
        #expect(result.isAccountFault == (phase == .auth && how == 0))
        #expect(stage.first.connections.allSatisfy { !$0.channel.isActive })
        #expect(stage.dispatcher.statuses()[0].lastError == "probe: \(name): \(texts[how])")
    }

    @Test("reports a refused or unanswered connection", arguments: [true, false])
    func connect(refuses: Bool) throws {
        let stage = stage(upstreams: 1) { $0.health.timeout = .seconds(2) }
        if refuses { stage.first.refuses = true } else { stage.first.ignoresConnects = true }
        try stage.advance(.milliseconds(2100))
        let result = try #require(results(stage).first)
        #expect(result.failedPhase == "connect")
        #expect(refuses ? result.text == "Connection refused" : result.text.hasSuffix("within 2000 ms"))
    }

    @Test("reports required TLS that fails", arguments: ["refused", "garbage", "missing"])
    func tls(how: String) throws {
        let stage = stage(upstreams: 1) { $0.upstreams[0].tls = .starttls }
        stage.first.keywords = how == "missing" ? [] : ["STARTTLS"]
        if how == "refused" { stage.first.script = { at, _ in at == .starttls ? .reply("454 4.7.0 no") : nil } }
        stage.first.handshake = "no handshake at all, but a line of text"
        try stage.advance(.seconds(1))
        let result = try #require(results(stage).first)
        #expect(result.failedPhase == (how == "garbage" ? "tls" : "starttls"))
        #expect(!result.isAccountFault)
    }

    @Test("continues without opportunistic TLS that fails, as for mail")
    func opportunisticTLS() throws {
        let stage = stage(upstreams: 1) { $0.upstreams[0].tls = .opportunistic }
        stage.first.keywords = ["STARTTLS"]
        stage.first.handshake = "no handshake at all, but a line of text"
        try stage.advance(.seconds(1))
        #expect(stage.words == ["tls failed first"])
        #expect(stage.first.connects == 2)
        #expect(lastProbe(stage)?.failedPhase == nil)
    }

    @Test("no text contains the secret, even if the server echoes it")
    func concealed() throws {
        let stage = stage(upstreams: 1) { withAccount(&$0) }
        stage.first.keywords = ["AUTH PLAIN"]
        stage.first.script = { at, line in at == .auth ? .reply("535 5.7.8 \(line) \(Self.secret) refused") : nil }
        try stage.advance(.seconds(1))
        let result = try #require(results(stage).first)
        #expect(result.text.hasPrefix("535 5.7.8"))
        let texts = [result.text, stage.dispatcher.statuses()[0].lastError ?? ""]
        let history = stage.dispatcher.detail(of: "first")?.history.map(\.cause) ?? []
        let plain = Base64.encode([0] + "relay".utf8 + [0] + Self.secret.utf8)
        for text in texts + history {
            #expect(!text.contains(Self.secret) && !text.contains(plain))
        }
        #expect(history.count == 1)
    }

    // MARK: - Consequences

    @Test("an upstream that fails its checks is avoided before any mail has reached it")
    func avoided() throws {
        let stage = stage()
        stage.first.refuses = true
        try stage.leap(.seconds(12))
        #expect(
            stage.words == ["probe first connect", "probe first connect", "probe first connect", "circuit first open"])
        let connects = stage.first.connects
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.first.connects == connects)
        let change = stage.dispatcher.detail(of: "first")?.history.last
        #expect(change?.cause == "3 probes in a row failed; probe: connect: Connection refused")
    }

    @Test("successful checks bring the trial forward, which is one message")
    func broughtForward() throws {
        let stage = stage { $0.circuit.openDuration = .seconds(600) }
        stage.first.refuses = true
        try stage.leap(.seconds(12))
        stage.first.refuses = false
        try stage.leap(.seconds(25))
        #expect(stage.words.suffix(3) == ["circuit first open", "probe first ok", "circuit first open"])
        #expect(stage.dispatcher.upstreams[0].circuit.state.name == .open)
        #expect(stage.dispatcher.statuses()[0].awaitsTrial && stage.dispatcher.statuses()[0].works)
        let reason = stage.dispatcher.detail(of: "first")?.reason
        #expect(reason?.hasPrefix("it answers again, and the next message is its trial; last: 2 probes") == true)
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(stage.words.suffix(2) == ["delivered first", "circuit first closed"])
        #expect(!stage.dispatcher.statuses()[0].awaitsTrial && stage.dispatcher.statuses()[0].works)
    }

    @Test("one that is down works again for an idle relay once its checks succeed, but not against an order")
    func worksAgain() throws {
        let stage = stage { $0.circuit.openDuration = .seconds(600) }
        stage.first.refuses = true
        try stage.leap(.seconds(12))
        #expect(!stage.dispatcher.statuses()[0].works)
        stage.first.refuses = false
        try stage.leap(.seconds(25))
        #expect(stage.dispatcher.statuses()[0].works)
        _ = stage.dispatcher.control("first", UpstreamControl(.disable))
        #expect(!stage.dispatcher.statuses()[0].works && !stage.dispatcher.statuses()[0].awaitsTrial)
    }

    @Test("a refused login opens the circuit at once, and a successful one does not close it")
    func accountFault() throws {
        let stage = stage {
            withAccount(&$0)
            $0.circuit.openDuration = .seconds(3600)
            $0.circuit.maxOpenDuration = .seconds(3600)
        }
        stage.first.keywords = ["AUTH PLAIN"]
        stage.first.script = { at, _ in at == .auth ? .reply("535 5.7.8 no") : nil }
        try stage.advance(.seconds(1))
        #expect(stage.words == ["probe first auth", "circuit first open"])
        let before = stage.first.connects
        try stage.leap(.seconds(250))
        #expect(stage.first.connects == before)
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(1000))
        #expect(stage.first.connects > before + 1)
        #expect(stage.words.last == "probe first ok")
        #expect(stage.dispatcher.upstreams[0].circuit.state.name == .open)
        #expect(stage.dispatcher.upstreams[0].circuit.admission(now: stage.dispatcher.clock.instant) != .trial)
        #expect(!stage.dispatcher.statuses()[0].works)
    }

    @Test("only failures are reported, and the first success after them")
    func events() throws {
        let stage = stage(upstreams: 1) { $0.health.unhealthyThreshold = 100 }
        try stage.leap(.seconds(100))
        #expect(results(stage).isEmpty)
        stage.first.refuses = true
        try stage.leap(.seconds(34))
        #expect(!results(stage).isEmpty)
        stage.first.refuses = false
        let failures = results(stage).count
        try stage.leap(.seconds(100))
        #expect(results(stage).count == failures + 1)
        #expect(results(stage).last?.failedPhase == nil)
    }

    // MARK: - Schedule

    @Test("none while mail shows that it works")
    func traffic() throws {
        let stage = stage(upstreams: 1)
        try stage.advance(.seconds(1))
        for _ in 0..<20 {
            stage.accept()
            try stage.leap(.seconds(10))
        }
        #expect(stage.first.commands.count { $0 == "NOOP" } == 1)
        try stage.leap(.seconds(70))
        #expect(stage.first.commands.count { $0 == "NOOP" } == 3)
    }

    @Test("none with an interval of zero, and none while disabled")
    func none() throws {
        let silent = stage(interval: .zero)
        try silent.leap(.seconds(1000))
        #expect(silent.first.connects == 0)
        let stage = stage()
        _ = stage.dispatcher.control("first", UpstreamControl(.disable))
        try stage.leap(.seconds(1000))
        #expect(stage.first.connects == 0)
        #expect(stage.second.connects > 20)
        _ = stage.dispatcher.control("first", UpstreamControl(.enable))
        try stage.leap(.seconds(10))
        #expect(stage.first.connects == 1)
    }

    @Test("one after the other")
    func oneAtATime() throws {
        let stage = stage()
        stage.first.script = { at, _ in at == .banner ? .silence : nil }
        try stage.advance(.seconds(4))
        #expect([stage.first.connects, stage.second.connects] == [1, 0])
        try stage.advance(.seconds(2))
        #expect(stage.second.connects == 1)
    }

    // MARK: - By hand

    @Test("an order is answered when the check is over, even if checks are disabled", arguments: [true, false])
    func order(works: Bool) throws {
        let stage = stage(interval: .zero)
        stage.first.refuses = !works
        let answer = stage.dispatcher.control("first", UpstreamControl(.probe))
        var detail: UpstreamDetail??
        answer.assumeIsolated().whenSuccess { detail = $0 }
        #expect(detail == nil)
        try stage.settle()
        #expect(detail??.lastProbe?.failedPhase == (works ? nil : "connect"))
        #expect(detail??.lastProbe != nil)
    }

    @Test("two simultaneous orders are one check")
    func twoOrders() throws {
        let stage = stage(interval: .zero)
        var answers = 0
        for _ in 0..<2 {
            stage.dispatcher.control("first", UpstreamControl(.probe)).assumeIsolated().whenSuccess { _ in answers += 1
            }
        }
        try stage.settle()
        #expect(answers == 2)
        #expect(stage.first.connects == 1)
    }

    @Test("a stopping relay ends the check, and answers those waiting for it")
    func stopping() throws {
        let stage = stage()
        stage.first.script = { at, _ in at == .ehlo ? .silence : nil }
        var answers = 0
        stage.dispatcher.control("first", UpstreamControl(.probe)).assumeIsolated().whenSuccess { _ in answers += 1 }
        try stage.advance(.milliseconds(100))
        stage.dispatcher.stop(grace: .seconds(1)) {}
        try stage.settle()
        #expect(answers == 1)
        #expect(stage.first.connections.allSatisfy { !$0.channel.isActive })
        #expect(stage.words.isEmpty)
        try stage.leap(.seconds(100))
        #expect(stage.first.connects == 1)
    }
}
