import Mail
import NIOCore
import Notices
import SMTP
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Mail goes at the pace of its recipients' domains")
struct PaceTests {
    private static func pace(
        _ domains: String..., rate: Int? = nil, per: Duration = .seconds(1), connections: Int? = nil
    ) -> PaceSettings {
        var pace = PaceSettings(domains.compactMap { PaceSubject($0) })
        pace.maxRate = rate.map { Rate(count: $0, per: per) }
        pace.maxConnections = connections
        return pace
    }

    private func stage(
        _ paces: PaceSettings..., configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        DeliveryStage {
            $0.paces = paces
            configure(&$0)
        }
    }

    @Test("and what has to wait delays no other, takes no place in memory, and counts no attempt")
    func others() throws {
        let stage = stage(Self.pace("a.test", rate: 2))
        let ids = (0..<400).map { _ in stage.accept(to: ["x@a.test"]) }
        try stage.settle()
        stage.accept(to: ["y@b.test"])
        try stage.settle()
        #expect(stage.first.received.count { $0.recipients == ["x@a.test"] } == 2)
        #expect(stage.first.received.count { $0.recipients == ["y@b.test"] } == 1)
        #expect(stage.dispatcher.queue.inMemory == 0)
        #expect(stage.dispatcher.queue.location(of: ids[399]) == .paced)
        #expect(stage.recipients(of: ids[399]).map(\.attempts) == [0])
        #expect(stage.words.allSatisfy { $0 == "delivered first" })
        try stage.advance(.seconds(10))
        #expect((21...23).contains(stage.first.received.count))
    }

    @Test("the oldest goes first, but urgent mail before it, and bulk mail has its share")
    func order() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(10)))
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        stage.accept(to: ["bulk@a.test"], priority: .bulk)
        stage.accept(to: ["two@a.test"])
        stage.accept(to: ["three@a.test"])
        stage.accept(to: ["high@a.test"], priority: .high)
        try stage.advance(.seconds(45))
        let order = stage.first.received.flatMap(\.recipients)
        #expect(order == ["one@a.test", "high@a.test", "two@a.test", "three@a.test", "bulk@a.test"])
    }

    @Test("urgent mail passes a campaign that has waited for long, and one user does not wait for another's")
    func lateReset() throws {
        let stage = stage(Self.pace("a.test", rate: 1))
        for _ in 0..<1200 { stage.accept(to: ["news@a.test"], user: "news") }
        try stage.leap(.seconds(900))
        let before = stage.first.received.count
        #expect((890...910).contains(before))
        stage.accept(to: ["reset@a.test"], user: "shop", priority: .high)
        stage.accept(to: ["order@a.test"], user: "shop")
        try stage.leap(.seconds(6))
        let next = stage.first.received[before...].flatMap(\.recipients)
        #expect(next.firstIndex(of: "reset@a.test") ?? .max <= 1)
        #expect(next.contains("order@a.test") && next.contains("news@a.test"))
    }

    @Test("a recipient that waits for its pace does not wait for the upstreams of another", arguments: [false, true])
    func blockedRecipient(isDownFirst: Bool) throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(20))) {
            var (down, up) = (RouteSettings(name: "down"), RouteSettings(name: "up"))
            (down.match.recipient, down.upstreams) = ("@b.test", ["first"])
            (up.match.recipient, up.upstreams) = ("@a.test", ["second"])
            $0.routes = [down, up]
        }
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        let stop = { _ = stage.dispatcher.control("first", UpstreamControl(.disable)) }
        if isDownFirst { stop() } else { stage.first.script = { _, _ in .silence } }
        let ids = (0..<60).map { _ in stage.accept(to: ["x@b.test"]) }
        let id = stage.accept(to: ["x@b.test", "two@a.test"])
        try stage.settle()
        if !isDownFirst { stop() }
        try stage.leap(.seconds(90))
        #expect(stage.second.received.map(\.recipients) == [["one@a.test"], ["two@a.test"]])
        #expect(stage.recipients(of: id).map(\.state).last == .delivered)
        #expect(stage.recipients(of: ids[0]).map(\.state) != [.delivered])
    }

    @Test("what a reload lets go does not keep other mail waiting")
    func releasedBehindOthers() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(3600))) {
            $0.upstreams.removeLast()
            $0.upstreams[0].maxRate = Rate(count: 20, per: .seconds(1))
        }
        for _ in 0..<2000 { stage.accept(to: ["x@a.test"], user: "news") }
        try stage.settle()
        var settings = stage.dispatcher.policies.settings
        settings.paces = []
        _ = stage.dispatcher.replace(with: settings)
        try stage.settle()
        for _ in 0..<5 { stage.accept(to: ["y@b.test"], user: "shop") }
        try stage.advance(.seconds(5))
        #expect(stage.first.received.count { $0.recipients == ["y@b.test"] } == 5)
        #expect((90...130).contains(stage.first.received.count))
    }

    @Test("a message that an operator takes away gives its turn to the next one")
    func takenAway() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(20)))
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        let (two, three) = (stage.accept(to: ["two@a.test"]), stage.accept(to: ["three@a.test"]))
        try stage.settle()
        stage.dispatcher.queue.callPaced(
            PaceTable.Key(entry: 0, name: "a.test"), room: 1, now: stage.dispatcher.clock.instant)
        _ = stage.dispatcher.orders.order(.drop(notify: false), [two], wait: .seconds(1))
        try stage.leap(.seconds(21))
        #expect(stage.recipients(of: three).isEmpty)
        #expect(stage.first.received.map(\.recipients) == [["one@a.test"], ["three@a.test"]])
    }

    @Test("the other recipients of a message go at once, and those that wait get it later, once each")
    func split() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(10)))
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        let id = stage.accept(to: ["x@b.test", "two@a.test", "y@c.test"])
        try stage.settle()
        #expect(stage.first.received.last?.recipients == ["x@b.test", "y@c.test"])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .queued, .delivered])
        #expect(stage.recipients(of: id).map(\.attempts) == [1, 0, 1])
        try stage.advance(.seconds(11))
        #expect(stage.first.received.map(\.recipients) == [["one@a.test"], ["x@b.test", "y@c.test"], ["two@a.test"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a recipient whose retry is due does not wait for another that has to")
    func retried() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(3600))) { $0.retry.initial = .seconds(30) }
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        for upstream in [stage.first, stage.second] {
            upstream.script = { phase, _ in phase == .dot ? .reply("451 4.3.0 later") : nil }
        }
        let id = stage.accept(to: ["two@a.test", "x@b.test"])
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.queued, .deferred])
        for upstream in [stage.first, stage.second] { upstream.script = { _, _ in nil } }
        try stage.leap(.seconds(40))
        #expect(stage.recipients(of: id).map(\.state) == [.queued, .delivered])
    }

    @Test("a stream that stands still keeps no turns from other mail, and goes at the pace too when it goes on")
    func pausedStream() throws {
        let stage = stage(Self.pace("a.test", rate: 2))
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        for _ in 0..<50 { stage.accept(to: ["news@a.test"], routing: RoutingFacts(stream: "news")) }
        for name in ["one", "two"] { stage.accept(to: ["\(name)@a.test"]) }
        try stage.settle()
        #expect(stage.first.received.flatMap(\.recipients) == ["one@a.test", "two@a.test"])
        #expect(stage.dispatcher.streams.status(of: "news")?.resting == 50)
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.advance(.seconds(10))
        #expect((20...24).contains(stage.first.received.count))
    }

    @Test("a recipient whose stream stands still does not keep another of its message from its pace")
    func pausedRecipient() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(10))) { settings in
            var route = RouteSettings(name: "news")
            route.match.recipient = "@b.test"
            route.upstreams = ["first"]
            route.stream = "news"
            settings.routes = [route]
        }
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        _ = stage.dispatcher.pauseStream("news", reason: nil)
        let id = stage.accept(to: ["x@b.test", "two@a.test"])
        try stage.settle()
        #expect(stage.dispatcher.queue.location(of: id) == .paced)
        try stage.advance(.seconds(11))
        #expect(stage.first.received.map(\.recipients) == [["one@a.test"], ["two@a.test"]])
        _ = stage.dispatcher.resumeStream("news", reason: nil)
        try stage.advance(.seconds(1))
        #expect(stage.first.received.last?.recipients == ["x@b.test"] && stage.spool.messages.isEmpty)
    }

    @Test("domains of one family share a pace, and each domain of a pattern has its own")
    func families() throws {
        let stage = stage(Self.pace("family:google", rate: 2), Self.pace("*", rate: 1))
        for name in ["gmail.com", "googlemail.com", "a.test", "b.test"] {
            for _ in 0..<3 { stage.accept(to: ["x@\(name)"]) }
        }
        try stage.settle()
        let domains = stage.first.received.flatMap(\.recipients).map { $0.split(separator: "@")[1] }
        #expect(domains.count { $0.hasSuffix("mail.com") } == 2)
        #expect(domains.count { $0 == "a.test" } == 1 && domains.count { $0 == "b.test" } == 1)
        let report = stage.dispatcher.paceReport()
        #expect(report.paces.map(\.name) == ["family:google", "a.test", "b.test"])
        #expect(report.paces.map(\.waiting) == [4, 2, 2])
        #expect(report.paces.allSatisfy { $0.nextAt != nil })
    }

    @Test("max_connections limits the messages that upstreams have at a time")
    func connections() throws {
        let stage = stage(Self.pace("a.test", connections: 3))
        stage.first.script = { phase, _ in phase == .dot ? .lateReply("250 ok", after: .milliseconds(400)) : nil }
        for _ in 0..<9 { stage.accept(to: ["x@a.test"]) }
        stage.accept(to: ["y@b.test"])
        try stage.advance(.milliseconds(200))
        #expect(stage.dispatcher.paceReport().paces.map(\.active) == [3])
        #expect(stage.dispatcher.upstreams["first"]?.pool.load == 4)
        try stage.advance(.seconds(3))
        #expect(stage.first.received.count == 10)
        #expect(stage.dispatcher.paceReport().paces.isEmpty)
    }

    @Test("a reply that asks for less lowers the pace of its domain, and of nobody else")
    func adaptive() throws {
        let stage = stage(Self.pace("a.test", rate: 20)) { $0.upstreams.removeLast() }
        stage.first.script = { phase, _ in phase == .dot ? .reply("451 4.7.28 unusual rate of mail") : nil }
        let id = stage.accept(to: ["x@a.test"])
        try stage.settle()
        #expect(stage.words.contains("pace lowered a.test"))
        #expect(!stage.words.contains("slowed down first"))
        #expect(stage.dispatcher.paceReport().paces.map(\.rate) == [10])
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        stage.first.script = { _, _ in nil }
        for _ in 0..<20 { stage.accept(to: ["y@b.test"]) }
        try stage.settle()
        #expect(stage.first.received.count == 20)
        for _ in 0..<60 {
            stage.accept(to: ["x@a.test"])
            try stage.leap(.seconds(2))
        }
        #expect(stage.words.contains("pace restored a.test"))
        #expect(stage.dispatcher.paceReport().paces.isEmpty)
    }

    @Test("a turn that an upstream made nothing of goes to the next message")
    func unused() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(3600))) { $0.upstreams.removeLast() }
        _ = stage.dispatcher.control("first", UpstreamControl(.disable))
        for _ in 0..<5 { stage.accept(to: ["x@a.test"]) }
        try stage.leap(.seconds(10))
        _ = stage.dispatcher.control("first", UpstreamControl(.enable))
        try stage.leap(.seconds(120))
        #expect(stage.first.received.count == 1)
        try stage.leap(.seconds(3600))
        #expect(stage.first.received.count == 2)
    }

    @Test("mail whose upstreams are down keeps no turn from mail to the same domain that another route carries")
    func routes() throws {
        let stage = stage(Self.pace("a.test", rate: 2)) {
            var (down, up) = (RouteSettings(name: "down"), RouteSettings(name: "up"))
            (down.match.recipient, down.upstreams) = ("x@a.test", ["first"])
            (up.match.recipient, up.upstreams) = ("y@a.test", ["second"])
            $0.routes = [down, up]
        }
        for _ in 0..<20 { stage.accept(to: ["x@a.test"]) }
        try stage.settle()
        #expect(stage.first.received.count == 2)
        _ = stage.dispatcher.control("first", UpstreamControl(.trip, duration: .seconds(3600)))
        stage.first.refuses = true
        for _ in 0..<10 { stage.accept(to: ["y@a.test"]) }
        try stage.advance(.seconds(30))
        #expect(stage.second.received.count == 10)
        stage.first.refuses = false
        _ = stage.dispatcher.control("first", UpstreamControl(.reset))
        try stage.advance(.seconds(1))
        let soon = stage.first.received.count
        #expect(soon <= 2 + 4, "\(soon) at once")
        try stage.advance(.seconds(60))
        #expect(stage.first.received.count == 20)
    }

    @Test("an operator can hold and drop what waits for its pace")
    func orders() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(3600)))
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        let (held, dropped) = (stage.accept(to: ["two@a.test"]), stage.accept(to: ["three@a.test"]))
        try stage.settle()
        _ = stage.dispatcher.orders.order(.hold, [held], wait: .seconds(1))
        _ = stage.dispatcher.orders.order(.drop(notify: false), [dropped], wait: .seconds(1))
        try stage.settle()
        #expect(stage.recipients(of: held).map(\.state) == [.held])
        #expect(!stage.spool.messages.contains { $0.id == dropped })
        #expect(stage.dispatcher.paceReport().paces.map(\.waiting) == [0])
    }

    @Test("a reload without the pace lets everything go")
    func reloaded() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(3600)))
        for _ in 0..<300 { stage.accept(to: ["x@a.test"]) }
        try stage.settle()
        #expect(stage.first.received.count == 1)
        var settings = stage.dispatcher.policies.settings
        settings.paces = []
        _ = stage.dispatcher.replace(with: settings)
        try stage.advance(.seconds(2))
        #expect(stage.first.received.count == 300)
    }

    @Test("its sender hears that a message waits, which does not expire before it was tried")
    func deadlines() throws {
        let stage = stage(Self.pace("a.test", rate: 1, per: .seconds(7200))) {
            $0.notices.deliver = .mail
            $0.retry.warnAfter = .seconds(600)
            $0.retry.expireAfter = .seconds(3600)
        }
        stage.accept(to: ["one@a.test"])
        try stage.settle()
        let id = stage.accept(to: ["two@a.test"], from: "s@b.test")
        try stage.leap(.seconds(700))
        #expect(stage.words.contains { $0.hasPrefix("notice") })
        try stage.leap(.seconds(6700))
        #expect(stage.first.received.contains { $0.recipients == ["two@a.test"] })
        #expect(stage.recipients(of: id).isEmpty)
    }
}
