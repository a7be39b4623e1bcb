import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Failover: speed, and what the first message teaches the others")
struct FailoverTests {
    @Test(
        "an upstream falls silent: hanging messages move within its patience, and later ones at once"
    )
    func learns() throws {
        let stage = DeliveryStage {
            $0.upstreams[0].maxConnections = 4
            $0.circuit.consecutiveFailures = 4
        }
        stage.first.script = { phase, _ in phase == .mail ? .silence : nil }
        for _ in 0..<30 { stage.accept() }
        try stage.advance(.milliseconds(900))
        #expect(stage.second.received.count == 30)
        let commands = stage.first.commands.count
        // The circuit is open by now: four sessions hung, and none of their messages was alone.
        for _ in 0..<5 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 35)
        #expect(stage.first.commands.count == commands)
    }

    @Test(
        "after one failure an upstream with an alternative gets one message at a time, until one succeeds")
    func suspects() throws {
        let stage = DeliveryStage { $0.circuit.consecutiveFailures = 3 }
        stage.first.script = { phase, _ in phase == .mail ? .silence : nil }
        stage.accept()
        try stage.advance(.milliseconds(900))
        #expect(stage.second.received.count == 1)
        // One goes there and hangs; the nine others do not wait for it.
        for _ in 0..<10 { stage.accept() }
        try stage.advance(.milliseconds(100))
        #expect(stage.second.received.count == 10)
        stage.first.script = { _, _ in nil }
        try stage.advance(.milliseconds(900))
        #expect(stage.second.received.count == 11)
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 11)
    }

    @Test("half-way through the patience a connection to the next upstream is started")
    func prepares() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .banner ? .silence : nil }
        stage.accept()
        try stage.advance(.milliseconds(300))
        #expect(stage.second.connects == 0)
        try stage.advance(.milliseconds(200))
        #expect(stage.second.connects == 1)
        #expect(stage.second.received.isEmpty)
        try stage.advance(.milliseconds(400))
        #expect(stage.second.received.count == 1)
        #expect(stage.second.connects == 1)
    }

    @Test("one silent session among working ones says nothing about them")
    func oneSilent() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 2 }
        stage.first.pipelining = false
        stage.first.script = { phase, sender in phase == .mail && sender == "hang@x" ? .silence : nil }
        stage.accept(from: "hang@x")
        for _ in 0..<3 { stage.accept() }
        for _ in 0..<9 {
            try stage.advance(.milliseconds(100))
            stage.accept()
        }
        try stage.settle()
        #expect(stage.second.received.map(\.sender) == ["hang@x"])
        #expect(stage.first.received.count == 12)
        #expect(!stage.words.contains("circuit first open"))
    }

    @Test("a banner about the account opens the circuit at once, and a request to slow down does not")
    func banner() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in
            phase == .banner ? .reply("421 4.7.0 Too many concurrent connections, slow down") : nil
        }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.words.contains("slowed down first"))
        #expect(!stage.words.contains("circuit first open"))
        stage.first.script = { phase, _ in phase == .banner ? .reply("554 5.7.1 Account suspended") : nil }
        try stage.advance(.seconds(30))
        stage.accept()
        try stage.settle()
        #expect(stage.words.contains("circuit first open"))
        #expect(stage.second.received.count == 2)
    }

    @Test("while all sessions wait for the reply to a dot, others get the mail; too long a wait counts as broken")
    func stalled() throws {
        let stage = DeliveryStage {
            $0.upstreams[0].maxConnections = 5
            $0.circuit.latencyThreshold = .seconds(10)
        }
        stage.first.pipelining = false
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        for _ in 0..<5 { stage.accept() }
        try stage.advance(.seconds(1))
        let commands = stage.first.commands.count
        for _ in 0..<20 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 20)
        #expect(stage.first.commands.count == commands)
        #expect(!stage.words.contains("circuit first open"))
        try stage.advance(.seconds(10))
        #expect(stage.words.contains("circuit first open"))
        #expect(stage.spool.messages.count == 5)
    }

    @Test("a trial that is silent after its dot does not keep the circuit from trying another message")
    func silentTrial() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.circuit.consecutiveFailures = 1
            $0.circuit.openDuration = .seconds(1)
            $0.retry.initial = .seconds(5)
            $0.recovery.rampSteps = []
            $0.upstreams[0].commandTimeout = .seconds(5)
        }
        stage.first.refuses = true
        for _ in 0..<3 { stage.accept() }
        try stage.settle()
        stage.first.refuses = false
        var dots = 0
        stage.first.script = { phase, _ in
            guard phase == .dot else { return nil }
            dots += 1
            return dots == 1 ? .silence : nil
        }
        try stage.advance(.seconds(3))
        #expect(dots == 1)
        try stage.advance(.seconds(12))
        #expect(stage.first.received.count == 2)
        // The first one is still awaited: it is not in doubt before data_timeout.
        #expect(stage.spool.messages.count == 1)
    }

    @Test(
        "content that one upstream refuses fails, or is offered to the next if the route says so",
        arguments: [false, true])
    func failoverOnReject(isLenient: Bool) throws {
        let stage = DeliveryStage {
            var route = RouteSettings(name: "all")
            route.upstreams = ["first", "second"]
            route.failoverOnReject = isLenient
            $0.routes = [route]
            $0.routes[0].match.sender = "*"
        }
        stage.first.script = { phase, _ in phase == .dot ? .reply("554 5.7.1 message looks like spam") : nil }
        let id = stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == (isLenient ? 1 : 0))
        #expect(stage.recipients(of: id).map(\.state) == (isLenient ? [] : [.failed]))
    }

    @Test("content that all upstreams of a lenient route refuse fails in the end")
    func allReject() throws {
        let stage = DeliveryStage {
            var route = RouteSettings(name: "all")
            route.upstreams = ["first", "second"]
            route.failoverOnReject = true
            route.match.sender = "*"
            $0.routes = [route]
        }
        for upstream in [stage.first, stage.second] {
            upstream.script = { phase, _ in phase == .dot ? .reply("554 5.7.1 message looks like spam") : nil }
        }
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
    }
}
