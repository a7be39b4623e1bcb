import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Waiting mail after a reload")
struct RouteReloadTests {
    /// `a.example` goes through the first, which refuses connections, everything else through the second.
    private func stage(_ configure: (inout DeliverySettings) -> Void = { _ in }) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: 3) { settings in
            var (a, rest) = (RouteSettings(name: "a"), RouteSettings(name: "default"))
            a.match.recipient = "@a.example"
            a.upstreams = ["first"]
            rest.upstreams = ["second"]
            settings.routes = [a, rest]
            settings.circuit.consecutiveFailures = 1
            settings.circuit.openDuration = .seconds(600)
            configure(&settings)
        }
        stage.first.refuses = true
        return stage
    }

    @Test("all that waits goes by the new routes, in memory or not", arguments: [3, 600])
    func lines(count: Int) throws {
        let stage = stage()
        stage.spool.setStoresContent(true)
        for _ in 0..<count { stage.accept(to: ["x@a.example"]) }
        try stage.advance(.seconds(1))
        try stage.reload { $0.routes[0].upstreams = ["third"] }
        try stage.advance(.seconds(2))
        #expect(stage.third.received.count == count)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("messages of a blocked route are sorted anew when the conditions change", arguments: [3, 600])
    func conditions(count: Int) throws {
        let stage = stage()
        stage.spool.setStoresContent(true)
        for number in 0..<count { stage.accept(to: ["\(number % 2 == 0 ? "even" : "odd")@a.example"]) }
        try stage.advance(.seconds(1))
        try stage.reload { settings in
            var even = RouteSettings(name: "even")
            even.match.recipient = "even@a.example"
            even.upstreams = ["third"]
            settings.routes.insert(even, at: 0)
        }
        try stage.advance(.seconds(2))
        #expect(stage.third.received.count == (count + 1) / 2)
        #expect(stage.spool.messages.count == count / 2)
        try stage.reload { $0.routes = [] }
        try stage.advance(.seconds(2))
        #expect(stage.second.received.count == count / 2)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("fresh mail does not wait for those that are sorted anew")
    func fresh() throws {
        let stage = stage()
        stage.spool.setStoresContent(true)
        for _ in 0..<2000 { stage.accept(to: ["x@a.example"]) }
        try stage.advance(.seconds(1))
        var settings = stage.dispatcher.policies.settings
        settings.routes.insert(RouteSettings(name: "b"), at: 0)
        settings.routes[0].match.recipient = "@b.example"
        settings.routes[0].upstreams = ["third"]
        _ = stage.dispatcher.replace(with: settings)
        #expect(stage.dispatcher.queue.numbersOnly > 1500)
        stage.accept(to: ["y@b.example"])
        try stage.advance(.milliseconds(10))
        #expect(stage.third.received.count == 1)
    }

    @Test("recipients that no longer share a route go their own ways, each once")
    func split() throws {
        let stage = DeliveryStage(upstreams: 3) { $0.upstreams[0].patience = .seconds(2) }
        stage.first.script = { phase, _ in phase == .mail ? .silence : nil }
        stage.accept(to: ["1@a.example", "2@b.example"])
        try stage.settle()
        try stage.reload { settings in
            var (a, b) = (RouteSettings(name: "a"), RouteSettings(name: "b"))
            a.match.recipient = "@a.example"
            a.upstreams = ["first", "second"]
            b.match.recipient = "@b.example"
            b.upstreams = ["third"]
            settings.routes = [a, b]
        }
        try stage.advance(.seconds(5))
        #expect(stage.second.received.map(\.recipients) == [["1@a.example"]])
        #expect(stage.third.received.map(\.recipients) == [["2@b.example"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a message in the midst of its cycle gets the new upstream, and none of those before")
    func midCycle() throws {
        let stage = DeliveryStage(upstreams: 2)
        stage.first.refuses = true
        stage.second.script = { phase, _ in
            phase == .mail ? .lateReply("451 4.3.0 later", after: .milliseconds(300)) : nil
        }
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams.append(DeliveryStage.upstream("third")) }
        try stage.advance(.milliseconds(400))
        #expect(stage.third.received.count == 1)
        #expect(stage.first.connects == 1)
    }

    @Test("a shorter lifetime applies to what waits")
    func expire() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.refuses = true
        let id = stage.accept()
        try stage.leap(.seconds(7200))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.reload { $0.retry.expireAfter = .seconds(3600) }
        try stage.leap(.seconds(70))
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
    }

    @Test("nobody waits longer than the new schedule has it")
    func schedule() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.initial = .seconds(1800) }
        stage.first.script = { phase, _ in phase == .mail ? .reply("451 4.3.0 later") : nil }
        stage.accept()
        try stage.settle()
        stage.first.script = { _, _ in nil }
        try stage.reload {
            $0.retry.initial = .seconds(10)
            $0.retry.max = .seconds(60)
        }
        try stage.advance(.milliseconds(100))
        #expect(stage.first.received.count == 1)
    }

    @Test("a doubt that waited for an operator ends by the new rule, also without its upstream")
    func doubt() throws {
        for isRemoved in [false, true] {
            let stage = DeliveryStage { $0.upstreams[0].inDoubt = .hold }
            stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
            let id = stage.accept()
            try stage.leap(.seconds(3600))
            #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
            stage.first.script = { _, _ in nil }
            try stage.reload {
                if isRemoved { $0.upstreams.removeFirst() } else { $0.upstreams[0].inDoubt = .failover }
            }
            try stage.advance(.seconds(1))
            #expect(stage.second.received.count == 1)
            #expect(stage.spool.messages.isEmpty)
        }
    }

    @Test("suppressions apply as the new settings say")
    func suppression() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.refuses = true
        try stage.suppress("a@x")
        try stage.reload { settings in
            var route = RouteSettings(name: "default")
            route.upstreams = ["first"]
            route.suppression = false
            settings.routes = [route]
        }
        stage.first.refuses = false
        stage.accept(to: ["a@x"])
        try stage.settle()
        #expect(stage.first.received.count == 1)
    }
}
