import Mail
import NIOCore
import SMTP
import Spool
import Testing
import Upstreams

@testable import Delivery

@Suite("What deliveries measure")
struct MeterTests {
    private let meters = StageMeters()

    /// Answers each phase so many milliseconds late.
    private func delay(_ upstream: ScriptedUpstream, _ delays: [ScriptedUpstream.Phase: (Int, String)]) {
        upstream.script = { phase, _ in
            delays[phase].map { .lateReply($0.1, after: .milliseconds($0.0)) }
        }
    }

    @Test("the phases of a session and of its messages")
    func phases() throws {
        let stage = DeliveryStage(upstreams: 1, meters: meters.meters) { $0.upstreams[0].maxConnections = 1 }
        delay(
            stage.first,
            [
                .banner: (30, "220 scripted"), .ehlo: (40, "250 scripted"), .rcpt: (50, "250 2.1.5 ok"),
                .dot: (100, "250 2.0.0 taken"),
            ])
        stage.accept()
        try stage.advance(.milliseconds(300))
        #expect(stage.first.received.count == 1)
        #expect(meters.phase(\.connect) == [0])
        #expect(meters.phase(\.greeting) == [70])
        #expect(meters.phase(\.tls) == [])
        #expect(meters.phase(\.auth) == [])
        #expect(meters.phase(\.envelope) == [50])
        #expect(meters.phase(\.content) == [0])
        #expect(meters.phase(\.reply) == [100])
        stage.accept()
        try stage.advance(.milliseconds(300))
        #expect(meters.phase(\.connect) == [0])
        #expect(meters.phase(\.greeting) == [70])
        #expect(meters.phase(\.envelope) == [50, 50])
        #expect(meters.phase(\.reply) == [100, 100])
    }

    @Test("a message waits until its first attempt, and is taken later")
    func wait() throws {
        let stage = DeliveryStage(upstreams: 1, meters: meters.meters)
        delay(stage.first, [.banner: (30, "220 scripted"), .dot: (100, "250 2.0.0 taken")])
        stage.accept()
        try stage.advance(.milliseconds(300))
        #expect(meters.route(\.wait) == [30])
        #expect(meters.route(\.acceptToTaken) == [130])
    }

    @Test("only the first attempt ends the wait, whether the next one is elsewhere or in a later cycle")
    func firstAttempt() throws {
        let stage = DeliveryStage(meters: meters.meters)
        for upstream in [stage.first, stage.second] {
            upstream.script = { phase, _ in phase == .dot ? .reply("451 4.3.0 later") : nil }
        }
        stage.accept()
        try stage.leap(.seconds(1))
        #expect(stage.first.contents.count == 1)
        #expect(stage.second.contents.count == 1)
        #expect(meters.route(\.wait) == [0])
        #expect(meters.route(\.acceptToTaken) == [])
        stage.second.script = { _, _ in nil }
        try stage.leap(.seconds(7200))
        #expect(stage.second.received.count == 1)
        #expect(meters.route(\.wait) == [0])
    }

    @Test("scheduled mail waits from its time on")
    func scheduled() throws {
        let stage = DeliveryStage(upstreams: 1, meters: meters.meters)
        delay(stage.first, [.dot: (100, "250 2.0.0 taken")])
        stage.accept(heldFor: .seconds(3600))
        try stage.leap(.seconds(3599))
        try stage.advance(.seconds(2))
        #expect(stage.first.received.count == 1)
        let waits = meters.route(\.wait)
        #expect(waits.count == 1 && waits[0] <= 10)
        #expect(meters.route(\.acceptToTaken) == waits.map { $0 + 100 })
        let told = stage.events.all.compactMap { event -> Duration? in
            if case .delivered(_, _, _, _, _, _, let wait, _) = event { wait } else { nil }
        }
        #expect(told.count == 1 && told[0] < .seconds(1))
    }

    @Test("each route counts its own")
    func routes() throws {
        let stage = DeliveryStage(meters: meters.meters) {
            var bulk = RouteSettings(name: "bulk")
            bulk.upstreams = ["second"]
            bulk.match.sender = "news@x"
            $0.routes = [bulk]
        }
        stage.accept(from: "news@x")
        try stage.settle()
        stage.accept()
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(meters.route(\.wait, of: "bulk") == [0])
        #expect(meters.route(\.acceptToTaken, of: "bulk") == [0])
        #expect(meters.route(\.wait) == [0, 0])
        #expect(meters.made == ["first", "second", "route bulk", "route default"])
    }

    @Test("an upstream has its meter made once, and again only after it was removed")
    func reload() throws {
        let stage = DeliveryStage(meters: meters.meters)
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams[0].maxRate = Rate(count: 5, per: .seconds(1)) }
        stage.accept()
        try stage.advance(.seconds(1))
        #expect(meters.made.filter { !$0.hasPrefix("route") } == ["first", "second"])
        #expect(meters.phase(\.reply) == [0, 0])
        let former = stage.dispatcher.policies.settings.upstreams[0]
        try stage.reload { $0.upstreams.removeFirst() }
        try stage.advance(.seconds(10))
        try stage.reload { $0.upstreams.insert(former, at: 0) }
        #expect(meters.made.filter { !$0.hasPrefix("route") } == ["first", "second", "first"])
    }

    // MARK: - Failovers

    @Test("a failing upstream fails over once, and back when a trial has worked")
    func failover() throws {
        let stage = DeliveryStage(meters: meters.meters) {
            $0.circuit.consecutiveFailures = 2
            $0.circuit.openDuration = .seconds(10)
        }
        stage.first.refuses = true
        for _ in 0..<3 {
            stage.accept()
            try stage.advance(.milliseconds(100))
        }
        #expect(meters.words == ["first failed over: failures"])
        stage.first.refuses = false
        try stage.advance(.seconds(12))
        stage.accept()
        try stage.advance(.seconds(1))
        #expect(meters.words == ["first failed over: failures", "first failed back: trial"])
        #expect(stage.second.received.count == 3)
    }

    @Test("an order of an operator moves traffic once, whatever follows it")
    func orders() throws {
        let stage = DeliveryStage(meters: meters.meters)
        for action in [UpstreamControl.Action.drain, .disable, .trip, .enable, .reset] {
            _ = stage.dispatcher.control("first", UpstreamControl(action))
            try stage.settle()
        }
        // Enabled again, it is still tripped: only the reset brings its traffic back.
        #expect(meters.words == ["first failed over: operator", "first failed back: operator"])
        _ = stage.dispatcher.control("first", UpstreamControl(.trip))
        #expect(meters.words.last == "first failed over: operator")
        #expect(meters.words.count == 3)
    }

    // MARK: - TLS

    @Test("a handshake that fails counts as one without a version")
    func handshakes() throws {
        let stage = DeliveryStage(upstreams: 1, meters: meters.meters) { $0.upstreams[0].tls = .opportunistic }
        stage.first.keywords = ["STARTTLS"]
        stage.first.handshake = "this is no TLS"
        stage.accept()
        try stage.advance(.seconds(1))
        #expect(stage.words.contains("tls failed first"))
        #expect(meters.words == ["first handshake: none"])
    }
}
