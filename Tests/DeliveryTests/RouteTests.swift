import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Routes in the delivery")
struct RouteTests {
    /// `a.example` goes through the first, `b.example` through the second, everything else through the third.
    private func stage(_ configure: (inout DeliverySettings) -> Void = { _ in }) -> DeliveryStage {
        DeliveryStage(upstreams: 3) { settings in
            var (a, b, rest) = (RouteSettings(name: "a"), RouteSettings(name: "b"), RouteSettings(name: "default"))
            a.match.recipient = "@a.example"
            a.upstreams = ["first"]
            b.match.recipient = "@b.example"
            b.upstreams = ["second"]
            rest.upstreams = ["third"]
            settings.routes = [a, b, rest]
            configure(&settings)
        }
    }

    @Test("each recipient goes through the upstream of its route, once")
    func splits() throws {
        let stage = stage()
        stage.accept(to: ["1@a.example", "2@b.example", "3@c.example", "4@a.example"])
        try stage.advance(.seconds(1))
        #expect(stage.first.received.map(\.recipients) == [["1@a.example", "4@a.example"]])
        #expect(stage.second.received.map(\.recipients) == [["2@b.example"]])
        #expect(stage.third.received.map(\.recipients) == [["3@c.example"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a route whose upstream is down holds up no other, however much waits for it")
    func independent() throws {
        let stage = stage {
            $0.circuit.consecutiveFailures = 1
            $0.circuit.openDuration = .seconds(60)
        }
        stage.first.refuses = true
        stage.spool.setStoresContent(true)
        for _ in 0..<600 { stage.accept(to: ["x@a.example"]) }
        for _ in 0..<50 { stage.accept(to: ["y@b.example"]) }
        try stage.advance(.seconds(2))
        #expect(stage.second.received.count == 50)
        #expect(stage.dispatcher.queue.inMemory <= DeliveryQueue.windowSize)
        stage.first.refuses = false
        try stage.leap(.seconds(600))
        #expect(stage.first.received.count == 600)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("the route in the user's settings precedes all conditions, and headers and senders are matched")
    func conditions() throws {
        let stage = DeliveryStage(upstreams: 3) { settings in
            var (bulk, news) = (RouteSettings(name: "bulk"), RouteSettings(name: "news"))
            bulk.match.header = "X-Class: bulk*"
            bulk.upstreams = ["second"]
            news.match.sender = "@news.example"
            news.match.user = "web"
            news.upstreams = ["third"]
            settings.routes = [bulk, news]
        }
        stage.accept(to: ["1@x"], routing: RoutingFacts(headers: ["x-class": "Bulk mail"]))
        stage.accept(to: ["2@x"], from: "s@news.example", user: "web")
        stage.accept(to: ["3@x"], from: "s@news.example", user: "other")
        stage.accept(to: ["4@x"], routing: RoutingFacts(route: "news"))
        try stage.settle()
        #expect(stage.second.received.flatMap(\.recipients) == ["1@x"])
        #expect(Set(stage.third.received.flatMap(\.recipients)) == ["2@x", "4@x"])
        #expect(stage.first.received.flatMap(\.recipients) == ["3@x"])
    }

    @Test("the last resort is used only while none of the list works")
    func lastResort() throws {
        let stage = DeliveryStage(upstreams: 3) { settings in
            var route = RouteSettings(name: "default")
            route.upstreams = ["first", "second"]
            route.lastResort = "third"
            settings.routes = [route]
            settings.circuit.consecutiveFailures = 1
        }
        stage.first.refuses = true
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        stage.second.refuses = true
        for connection in stage.second.connections { connection.drop() }
        stage.accept()
        try stage.settle()
        stage.accept()
        try stage.settle()
        #expect(stage.third.received.count == 2)
    }

    @Test("weights share the traffic")
    func weights() throws {
        let stage = DeliveryStage(upstreams: 2) { settings in
            var route = RouteSettings(name: "default")
            route.upstreams = ["first", "second"]
            route.mode = .weighted
            settings.routes = [route]
            settings.upstreams[0].weight = 3
        }
        for _ in 0..<40 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 30)
        #expect(stage.second.received.count == 10)
    }

    @Test(
        "beyond its rate an upstream's mail goes to the next one, or waits, depending on the route",
        arguments: Route.Overflow.allCases)
    func rates(overflow: Route.Overflow) throws {
        let stage = DeliveryStage(upstreams: 2) { settings in
            var route = RouteSettings(name: "default")
            route.upstreams = ["first", "second"]
            route.overflow = overflow
            settings.routes = [route]
            settings.upstreams[0].maxRate = Rate(count: 5, per: .seconds(1))
        }
        for _ in 0..<30 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 5)
        #expect(stage.second.received.count == (overflow == .wait ? 0 : 25))
        try stage.advance(.seconds(6))
        #expect(stage.first.received.count + stage.second.received.count == 30)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a slow-down reply moves the message on and lowers the rate, and the circuit stays closed")
    func slowDown() throws {
        let stage = DeliveryStage(upstreams: 2)
        stage.first.script = { phase, _ in
            phase == .dot ? .reply("454 4.7.0 Throttling failure: Maximum sending rate exceeded") : nil
        }
        for _ in 0..<3 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 3)
        #expect(stage.words.contains("slowed down first"))
        #expect(!stage.words.contains("circuit first open"))
        #expect(stage.dispatcher.detail(of: "first")?.status.rate != nil)
    }
}
