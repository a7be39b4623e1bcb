import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("While an upstream is at full load")
struct PriorityTests {
    /// One session, which takes as many messages as the rate allows.
    private func stage(
        rate: Int? = nil, _ change: @escaping (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].maxConnections = 1
            $0.upstreams[0].maxRate = rate.map { Rate(count: $0, per: .seconds(1)) }
            change(&$0)
        }
        stage.first.pipelining = false
        return stage
    }

    private func order(_ stage: DeliveryStage) -> [String] { stage.first.received.map { $0.recipients[0] } }

    @Test("a high message goes before a backlog of bulk, which is in line, lined up, and on disk")
    func overtakes() throws {
        let stage = stage(rate: 10)
        stage.spool.setStoresContent(true)
        for number in 0..<1000 { stage.accept(to: ["\(number)@bulk.example"], priority: .bulk) }
        try stage.advance(.seconds(5))
        let before = stage.first.received.count
        stage.accept(to: ["reset@shop.example"], priority: .high)
        try stage.advance(.milliseconds(300))
        let after = order(stage).dropFirst(before).prefix(3)
        #expect(after.contains("reset@shop.example"))
        try stage.advance(.seconds(5))
        #expect(stage.first.received.count >= before + 50)
    }

    @Test("bulk has its share of a rate that high mail could use up")
    func shares() throws {
        let stage = stage(rate: 10)
        for number in 0..<400 {
            stage.accept(to: ["\(number)@high.example"], priority: .high)
            stage.accept(to: ["\(number)@bulk.example"], priority: .bulk)
        }
        try stage.advance(.seconds(30))
        let bulk = order(stage).dropFirst(20).count { $0.hasSuffix("@bulk.example") }
        #expect((14...24).contains(bulk), "\(bulk) of \(stage.first.received.count)")
    }

    @Test("bulk that has been taken away keeps no share from the others")
    func takenAway() throws {
        let stage = stage(rate: 10)
        for number in 0..<400 {
            stage.accept(to: ["\(number)@high.example"], priority: .high)
            stage.accept(to: ["\(number)@normal.example"])
        }
        for number in 0..<20 {
            stage.accept(
                to: ["\(number)@bulk.example"], routing: RoutingFacts(stream: "campaign"), priority: .bulk)
        }
        try stage.advance(.seconds(3))
        _ = stage.dispatcher.pauseStream("campaign", reason: nil)
        let before = stage.first.received.count
        try stage.advance(.seconds(25))
        let after = order(stage).dropFirst(before)
        let normal = after.count { $0.hasSuffix("@normal.example") }
        #expect(normal >= after.count / 7, "\(normal) of \(after.count)")
    }

    @Test("a notice gives way to mail of any class")
    func notices() throws {
        let stage = stage(rate: 1)
        stage.accept(to: ["first@x.example"])
        for number in 0..<5 { stage.accept(to: ["\(number)@notice.example"], notice: .failure) }
        for number in 0..<20 { stage.accept(to: ["\(number)@x.example"]) }
        try stage.advance(.seconds(6))
        #expect(order(stage).prefix(5).count { $0.hasSuffix("@notice.example") } <= 2)
        try stage.advance(.seconds(30))
        #expect(order(stage).count { $0.hasSuffix("@notice.example") } == 5)
    }

    @Test("two routes to it take turns, whichever comes first in relay.conf")
    func routes() throws {
        let stage = stage(rate: 10) {
            var (a, b) = (RouteSettings(name: "a"), RouteSettings(name: "b"))
            a.match.recipient = "@a.example"
            b.match.recipient = "@b.example"
            (a.upstreams, b.upstreams) = (["first"], ["first"])
            $0.routes = [a, b]
        }
        for number in 0..<300 { stage.accept(to: ["\(number)@a.example"]) }
        try stage.advance(.seconds(2))
        let before = stage.first.received.count
        for number in 0..<50 { stage.accept(to: ["\(number)@b.example"]) }
        try stage.advance(.seconds(5))
        let after = order(stage).dropFirst(before)
        #expect(after.count { $0.hasSuffix("@b.example") } >= after.count / 3, "\(after.count)")
    }

    @Test("other weights apply after a reload")
    func reload() throws {
        let stage = stage(rate: 10)
        for number in 0..<600 {
            stage.accept(to: ["\(number)@high.example"], priority: .high)
            stage.accept(to: ["\(number)@bulk.example"], priority: .bulk)
        }
        try stage.advance(.seconds(3))
        var settings = stage.dispatcher.policies.settings
        (settings.priority.high, settings.priority.normal) = (1, 1)
        _ = stage.dispatcher.replace(with: settings)
        let before = stage.first.received.count
        try stage.advance(.seconds(20))
        let after = order(stage).dropFirst(before)
        let bulk = after.count { $0.hasSuffix("@bulk.example") }
        #expect(abs(bulk - after.count / 2) <= after.count / 6, "\(bulk) of \(after.count)")
    }
}
