import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Nobody waits for what does not concern them")
struct FairnessTests {
    private func twoRoutes(_ settings: inout DeliverySettings) {
        var (a, b) = (RouteSettings(name: "a"), RouteSettings(name: "b"))
        a.match.recipient = "@a.example"
        a.upstreams = ["first"]
        b.match.recipient = "@b.example"
        b.upstreams = ["second"]
        settings.routes = [a, b]
        settings.circuit.consecutiveFailures = 1
        settings.circuit.openDuration = .seconds(3600)
        settings.circuit.maxOpenDuration = .seconds(3600)
    }

    @Test("a message for two routes, one of them blocked, goes through the other, whichever comes first")
    func standingRoute() throws {
        let stage = DeliveryStage { twoRoutes(&$0) }
        stage.first.refuses = true
        stage.accept(to: ["x@a.example"])
        try stage.advance(.seconds(1))
        stage.accept(to: ["x@a.example", "y@b.example"])
        try stage.advance(.seconds(1))
        #expect(stage.second.received.map(\.recipients) == [["y@b.example"]])
    }

    @Test("a route that becomes blocked lets the other recipients of its messages go")
    func comesToStand() throws {
        let stage = DeliveryStage {
            twoRoutes(&$0)
            $0.upstreams[0].maxRate = Rate(count: 1, per: .seconds(60))
        }
        for _ in 0..<5 { stage.accept(to: ["x@a.example", "y@b.example"]) }
        try stage.advance(.seconds(1))
        stage.first.refuses = true
        for connection in stage.first.connections { connection.drop() }
        _ = stage.dispatcher.control("first", UpstreamControl(.trip, duration: .seconds(3600)))
        try stage.advance(.seconds(2))
        #expect(stage.second.received.count == 5)
    }

    @Test("mail waiting for room elsewhere takes none from mail that its own upstream would accept")
    func movers() throws {
        let stage = DeliveryStage { $0.upstreams[1].maxRate = Rate(count: 1, per: .seconds(3600)) }
        stage.first.script = { phase, sender in
            phase == .mail && sender == "bad@x" ? .reply("550 5.7.1 sender address is not verified") : nil
        }
        for _ in 0..<(DeliveryQueue.windowSize + 50) { stage.accept(from: "bad@x") }
        try stage.advance(.seconds(1))
        for _ in 0..<20 { stage.accept(from: "good@x") }
        try stage.advance(.seconds(2))
        #expect(stage.first.received.count == 20)
    }

    @Test("an occasional octet is not progress")
    func dripping() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .ehlo ? .silence : nil }
        stage.accept()
        try stage.settle()
        for _ in 0..<12 {
            try stage.advance(.milliseconds(100))
            for connection in stage.first.connections where connection.channel.isActive {
                try connection.channel.writeInbound(ByteBuffer(string: "2"))
            }
        }
        #expect(stage.second.received.count == 1)
    }

    @Test("mail waiting for disabled upstreams fails when its time is up")
    func expires() throws {
        let stage = DeliveryStage { $0.retry.expireAfter = .seconds(100) }
        for name in ["first", "second"] { _ = stage.dispatcher.control(name, UpstreamControl(.disable)) }
        let id = stage.accept()
        try stage.leap(.seconds(50))
        #expect(stage.recipients(of: id).map(\.state) == [.queued])
        try stage.leap(.seconds(60))
        _ = stage.accept()
        try stage.leap(.seconds(30))
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
    }

    @Test("expired mail that only waits for room is tried all the same")
    func oldAndBusy() throws {
        let stage = DeliveryStage {
            $0.upstreams[0].maxConnections = 1
            $0.retry.expireAfter = .seconds(100)
        }
        let hourAgo = Timestamp(milliseconds: DeliveryStage.epoch.milliseconds - 3_600_000)
        for _ in 0..<20 { stage.accept(at: hourAgo) }
        try stage.settle()
        #expect(stage.first.received.count == 20)
        #expect(stage.words == Array(repeating: "delivered first", count: 20))
    }

    @Test("the rest of a message does not go to an upstream disabled meanwhile")
    func rest() throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["LIMITS RCPTMAX=1"]
        var disabled = false
        stage.first.script = { phase, _ in
            if phase == .dot, !disabled {
                disabled = true
                _ = stage.dispatcher.control("first", UpstreamControl(.disable))
            }
            return nil
        }
        stage.accept(to: ["a@x", "b@y", "c@z"])
        try stage.advance(.seconds(1))
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(stage.second.received.flatMap(\.recipients) == ["b@y", "c@z"])
    }

    @Test("an upstream that repeatedly defers the same message is skipped in every second cycle")
    func deferring() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .dot ? .reply("451 4.7.1 try again later") : nil }
        stage.accept()
        try stage.leap(.seconds(35))
        #expect(stage.second.received.isEmpty)
        try stage.leap(.seconds(65))
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a repeated doubt waits longer each time")
    func doubtsApart() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].inDoubtHold = .seconds(1)
            $0.circuit.consecutiveFailures = 1000
            $0.circuit.failureRate = 0
        }
        var dots = 0
        stage.first.script = { phase, _ in
            guard phase == .dot else { return nil }
            dots += 1
            return .drop
        }
        stage.accept()
        try stage.leap(.seconds(600))
        #expect((3...6).contains(dots))
    }
}
