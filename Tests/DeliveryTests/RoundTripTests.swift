import Mail
import NIOCore
import Notices
import Spool
import Suppression
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Round trips: probes on their way, and what they say about upstreams")
struct RoundTripTests {
    @Test("a probe goes through its own upstream only, whatever comes first in the route")
    func pinned() throws {
        let stage = DeliveryStage()
        stage.accept()
        stage.probe("second", 7)
        try stage.settle()
        #expect(stage.first.received.count == 1 && stage.second.received.count == 1)
        #expect(stage.probes.words == ["handed over 7", "took 7 second"])
        #expect(stage.words.contains("probe of box: delivered second"))
    }

    @Test("also where no route leads to its upstream")
    func unrouted() throws {
        let stage = DeliveryStage(upstreams: 3) {
            var other = RouteSettings(name: "other")
            other.match.recipient = "*@y"
            other.upstreams = ["second"]
            var rest = RouteSettings(name: "default")
            rest.upstreams = ["first"]
            $0.routes = [other, rest]
        }
        stage.probe("third", 1)
        try stage.settle()
        #expect(stage.third.received.count == 1)
        #expect(stage.probes.words == ["handed over 1", "took 1 third"])
    }

    @Test("it does not move to another upstream when its own fails, and goes there later")
    func failing() throws {
        let stage = DeliveryStage()
        stage.second.refuses = true
        stage.probe("second", 1)
        try stage.advance(.seconds(2))
        #expect(stage.first.received.isEmpty && stage.probes.words.isEmpty)
        stage.second.refuses = false
        try stage.leap(.seconds(600))
        #expect(stage.first.received.isEmpty)
        #expect(stage.probes.words == ["handed over 1", "took 1 second"])
    }

    @Test("a temporary refusal is tried again there; a permanent one, or one for an unknown reason, ends it")
    func refused() throws {
        let stage = DeliveryStage()
        stage.second.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.0 greylisted") : nil }
        stage.probe("second", 1)
        try stage.settle()
        #expect(stage.probes.words == ["handed over 1"])
        stage.second.script = { phase, _ in phase == .rcpt ? .reply("550 5.1.1 no such user") : nil }
        try stage.leap(.seconds(600))
        #expect(stage.probes.words.last == "failed 1 second: 550 5.1.1 no such user")
        stage.second.script = { phase, _ in phase == .dot ? .reply("550 no") : nil }
        stage.probe("second", 2)
        try stage.leap(.seconds(600))
        #expect(stage.probes.words.last == "failed 2 second: 550 no")
        #expect(stage.first.received.isEmpty && stage.spool.messages.isEmpty)
    }

    @Test("one without an upstream of its own goes as routed, and moves on as mail does")
    func asRouted() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .mail ? .drop : nil }
        stage.probe(nil, 3)
        try stage.advance(.seconds(2))
        #expect(stage.second.received.count == 1)
        #expect(stage.probes.words.last == "took 3 second")
    }

    @Test("it counts for nobody, is never suppressed, and nobody gets a notice")
    func counts() throws {
        let stage = DeliveryStage {
            $0.notices.deliver = .mail
            $0.notices.postmaster = Address(unchecked: "postmaster@x")
        }
        try stage.suppress("a@x")
        stage.probe("second", 1)
        try stage.settle()
        #expect(stage.second.received.count == 1)
        stage.second.script = { phase, _ in phase == .rcpt ? .reply("550 5.1.1 no such user") : nil }
        stage.probe("second", 2)
        try stage.settle()
        #expect(stage.probes.words.last == "failed 2 second: 550 5.1.1 no such user")
        #expect(stage.bounces.words.isEmpty && stage.spool.messages.isEmpty)
        #expect(stage.dispatcher.detail(of: "second")?.status.deliveredTotal == 0)
        #expect(!stage.words.contains { $0.hasPrefix("notice") || $0.hasPrefix("delivered") || $0.hasPrefix("failed") })
        #expect(stage.dispatcher.streams.statuses.allSatisfy { $0.counts == StreamCounts() })
    }

    @Test("nobody knows whether its upstream has it: it is not sent again")
    func doubt() throws {
        let stage = DeliveryStage { $0.upstreams[1].inDoubt = .failover }
        stage.second.script = { phase, _ in phase == .dot ? .drop : nil }
        stage.probe("second", 1)
        stage.probe(nil, 2)
        try stage.leap(.seconds(3600))
        #expect(stage.probes.words.filter { $0.hasSuffix(" 1") } == ["handed over 1", "dropped 1"])
        #expect(stage.first.received.count == 1 && stage.second.received.isEmpty && stage.spool.messages.isEmpty)
    }

    @Test("a doubt from before a crash ends the same way, whatever the policy")
    func oldDoubt() throws {
        let stage = DeliveryStage { $0.upstreams[1].inDoubt = .hold }
        var recipient = Recipient(address: Address(unchecked: "a@x"))
        recipient.markInDoubt(at: "second", since: stage.now)
        var message = SpooledMessage(
            id: stage.spool.makeQueueID(at: stage.now), receivedAt: stage.now, sender: .null, body: .sevenBit,
            priority: .normal, messageID: "<1@x>", origin: "test",
            routing: RoutingFacts(probe: ProbeMark(trip: "box", upstream: "second", number: 1)), size: 4,
            recipients: [recipient])
        message.notice = .probe
        stage.spool.insert(message, content: ByteBuffer(string: "a\r\n"))
        stage.dispatcher.restore(stage.spool.waiting)
        try stage.leap(.seconds(600))
        #expect(stage.probes.words.last == "dropped 1" && stage.second.received.isEmpty && stage.spool.messages.isEmpty)
    }

    @Test("its upstream is gone after a reload: it is dropped, and goes nowhere")
    func gone() throws {
        let stage = DeliveryStage()
        stage.second.refuses = true
        stage.probe("second", 1)
        try stage.settle()
        try stage.reload { $0.upstreams.remove(at: 1) }
        try stage.leap(.seconds(600))
        #expect(stage.probes.words == ["dropped 1"])
        #expect(stage.first.received.isEmpty && stage.spool.messages.isEmpty)
        stage.probe("second", 2)
        try stage.settle()
        #expect(stage.probes.words == ["dropped 1", "dropped 2"])
    }

    @Test("other routes after a reload do not set it free")
    func rerouted() throws {
        let stage = DeliveryStage(upstreams: 3)
        stage.second.ignoresConnects = true
        stage.probe("second", 1)
        try stage.settle()
        try stage.reload {
            var only = RouteSettings(name: "default")
            only.upstreams = ["third", "first"]
            $0.routes = [only]
        }
        stage.second.ignoresConnects = false
        try stage.leap(.seconds(600))
        #expect(stage.first.received.isEmpty && stage.third.received.isEmpty)
        #expect(stage.second.received.count == 1)
    }

    private func order(_ order: QueueOrder, _ id: QueueID, on stage: DeliveryStage) throws -> [QueueOrderResult] {
        let result = stage.dispatcher.orders.order(order, [id], wait: .seconds(1))
        try stage.settle()
        return try result.wait()
    }

    @Test("an operator can drop it, and not move it")
    func orders() throws {
        let stage = DeliveryStage()
        stage.second.refuses = true
        let ids = [stage.probe("second", 1), stage.probe("second", 2)]
        try stage.settle()
        let move = try order(.move(to: "first"), ids[0], on: stage)
        #expect(move == [.unchanged("it is a probe of second, and goes only there")])
        #expect(try order(.drop(notify: true), ids[0], on: stage) == [.done])
        #expect(try order(.withdraw, ids[1], on: stage) == [.done])
        #expect(stage.probes.words == ["dropped 1", "dropped 2"])
        #expect(stage.first.received.isEmpty && stage.spool.messages.isEmpty)
    }

    @Test("it gets through although mail always finds the rate, or the room, of its upstream used up")
    func crowded() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].maxRate = Rate(count: 1, per: .seconds(1))
            $0.upstreams[0].maxConnections = 1
        }
        for _ in 0..<100 { stage.accept() }
        try stage.advance(.seconds(3))
        stage.probe("first", 1)
        try stage.advance(.seconds(5))
        #expect(stage.probes.words.last == "took 1 first")
        #expect(stage.first.received.count < 20)
    }

    @Test("a lost probe opens the circuit: mail leaves, probes go on, and arriving ones bring the ramp")
    func opened() throws {
        let stage = DeliveryStage { $0.recovery.rampSteps = [50] }
        stage.dispatcher.blame("first", .open, cause: "2 probes are missing")
        for _ in 0..<10 { stage.accept() }
        stage.probe("first", 1)
        try stage.settle()
        #expect(stage.second.received.count == 10 && stage.first.received.count == 1)
        #expect(stage.probes.words == ["handed over 1", "took 1 first"])
        let detail = try #require(stage.dispatcher.detail(of: "first"))
        #expect(detail.status.circuit == .open && detail.status.share == 0 && detail.nextStepAt == nil)
        #expect(detail.reason.contains("round_trip: 2 probes are missing"))
        #expect(detail.history.last?.cause == "round_trip: 2 probes are missing")
        // Neither time nor mail ends it.
        try stage.leap(.seconds(7200))
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 20)
        stage.dispatcher.acquit("first", cause: "3 probes have arrived")
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 6 && stage.second.received.count == 25)
    }

    @Test("the only upstream takes probes although all mail waits for it, and has the mail afterwards")
    func alone() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.dispatcher.blame("first", .open, cause: "missing")
        for _ in 0..<600 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        stage.probe("first", 1)
        try stage.settle()
        #expect(stage.first.received.count == 1 && stage.probes.words.last == "took 1 first")
        stage.dispatcher.acquit("first", cause: "arrived")
        try stage.leap(.seconds(60))
        #expect(stage.first.received.count == 601)
    }

    @Test("an outage meanwhile is tried by a probe, and what round trips have said stands after it")
    func outage() throws {
        let stage = DeliveryStage {
            $0.circuit.consecutiveFailures = 1
            $0.circuit.openDuration = .seconds(10)
        }
        stage.dispatcher.blame("first", .open, cause: "missing")
        stage.first.refuses = true
        stage.probe("first", 1)
        try stage.advance(.seconds(1))
        #expect(stage.dispatcher.upstreams[0].circuit.state.name == .open)
        stage.first.refuses = false
        stage.accept()
        try stage.leap(.seconds(600))
        #expect(stage.probes.words == ["handed over 1", "took 1 first"])
        #expect(stage.dispatcher.upstreams[0].circuit.state.name == .closed)
        #expect(stage.dispatcher.detail(of: "first")?.status.circuit == .open)
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 2 && stage.first.received.count == 1)
    }

    @Test("its share is reduced, and stays so")
    func reduced() throws {
        let stage = DeliveryStage { $0.recovery.rampSteps = [10] }
        stage.dispatcher.blame("first", .reduce, cause: "late")
        try stage.leap(.seconds(3600))
        for number in 0..<100 {
            stage.accept()
            if number < 5 { stage.probe("first", UInt64(number)) }
            try stage.settle()
        }
        #expect(stage.first.received.count == 15 && stage.second.received.count == 90)
        stage.dispatcher.acquit("first", cause: "arrived")
        try stage.leap(.seconds(60))
        #expect(stage.dispatcher.detail(of: "first")?.status.share == 1)
    }
}

extension DeliveryStage {
    /// A probe arrives and is committed.
    @discardableResult
    fileprivate func probe(_ upstream: String?, _ number: UInt64) -> QueueID {
        accept(
            to: ["a@x"], routing: RoutingFacts(probe: ProbeMark(trip: "box", upstream: upstream, number: number)),
            notice: .probe)
    }
}
