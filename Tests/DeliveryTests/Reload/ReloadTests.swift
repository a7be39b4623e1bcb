import Mail
import NIOCore
import SASL
import SMTP
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Upstreams after a reload")
struct ReloadTests {
    @Test("an added upstream gets the mail that nobody could take, at once")
    func added() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.refuses = true
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.reload { $0.upstreams.append(DeliveryStage.upstream("second")) }
        #expect(stage.second.received.count == 1)
        #expect(stage.shown == ["first", "second"])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a removed upstream finishes what it has, its queue moves on, and then it is gone")
    func removed() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = false
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply("250 2.0.0 taken", after: .milliseconds(500)) : nil
        }
        for _ in 0..<3 { stage.accept() }
        try stage.settle()
        #expect(stage.dispatcher.upstreams[0].pool.inFlight == 1)
        try stage.reload { $0.upstreams.removeFirst() }
        #expect(stage.second.received.count == 2)
        #expect(stage.shown == ["second", "first"])
        #expect(stage.dispatcher.statuses()[1].isRemoved)
        try stage.advance(.seconds(1))
        #expect(stage.first.contents.count == 1)
        #expect(stage.first.commands.last == "QUIT")
        #expect(stage.shown == ["second"])
        #expect(stage.spool.messages.isEmpty)
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 3)
    }

    @Test("mail moved to an upstream that is removed goes by its route")
    func bound() throws {
        let stage = DeliveryStage(upstreams: 3) {
            var rest = RouteSettings(name: "default")
            rest.upstreams = ["first", "second"]
            $0.routes = [rest]
        }
        for upstream in [stage.first, stage.second] { upstream.refuses = true }
        stage.third.script = { phase, _ in phase == .banner ? .silence : nil }
        let id = stage.accept()
        try stage.settle()
        _ = stage.dispatcher.orders.order(.move(to: "third"), [id], wait: .seconds(1))
        try stage.settle()
        #expect(stage.spool.messages.first?.boundUpstream == "third")
        for upstream in [stage.first, stage.second] { upstream.refuses = false }
        try stage.reload { $0.upstreams.removeLast() }
        try stage.leap(.seconds(120))
        #expect(stage.first.received.count + stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("the order decides about the next message")
    func order() throws {
        let stage = DeliveryStage()
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams.reverse() }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.count == 1)
        #expect(stage.shown == ["second", "first"])
        #expect(stage.dispatcher.statuses().map(\.priority) == [1, 2])
    }

    @Test("more sessions are opened as soon as they are allowed, and those beyond a lower limit end")
    func sessions() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = false
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply("250 2.0.0 taken", after: .milliseconds(200)) : nil
        }
        for _ in 0..<30 { stage.accept() }
        try stage.settle()
        #expect(stage.first.connects == 1)
        try stage.reload { $0.upstreams[0].maxConnections = 6 }
        #expect(stage.first.connects == 6)
        try stage.reload { $0.upstreams[0].maxConnections = 2 }
        try stage.advance(.milliseconds(300))
        #expect(stage.dispatcher.upstreams[0].pool.sessions.count == 2)
        try stage.advance(.seconds(5))
        #expect(stage.first.received.count == 30)
        #expect(stage.first.connects == 6)
    }

    @Test("a rate applies at once")
    func rate() throws {
        let stage = DeliveryStage(upstreams: 1)
        try stage.reload { $0.upstreams[0].maxRate = Rate(count: 2, per: .seconds(1)) }
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 2)
        try stage.reload { $0.upstreams[0].maxRate = nil }
        #expect(stage.first.received.count == 10)
    }

    @Test("another address: open sessions finish what they have, and the next message goes there")
    func address() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply("250 2.0.0 taken", after: .milliseconds(500)) : nil
        }
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams[0].host = "third" }
        #expect(stage.first.commands.last != "QUIT")
        stage.accept()
        try stage.settle()
        #expect(stage.third.received.count == 1)
        try stage.advance(.seconds(1))
        #expect(stage.first.contents.count == 1)
        #expect(stage.first.commands.last == "QUIT")
        #expect(stage.dispatcher.detail(of: "first")?.status.deliveredTotal == 2)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a connection to the former address is given up, and is no failure")
    func connecting() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.circuit.consecutiveFailures = 1 }
        stage.first.connectTime = .milliseconds(300)
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams[0].host = "third" }
        #expect(stage.third.received.count == 1)
        try stage.advance(.seconds(1))
        #expect(stage.first.contents.isEmpty)
        #expect(stage.dispatcher.upstreams[0].circuit.state.name == .closed)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") || $0.hasPrefix("deferred") })
    }

    @Test("other credentials: idle sessions end, and the next one logs in with them")
    func credentials() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].username = "old"
            $0.upstreams[0].password = .password(Array("one".utf8))
            $0.upstreams[0].authWithoutTLS = true
        }
        stage.first.keywords = ["AUTH PLAIN"]
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams[0].password = .password(Array("two".utf8)) }
        #expect(stage.first.commands.last == "QUIT")
        stage.accept()
        try stage.settle()
        let logins = stage.first.commands.filter { $0.hasPrefix("AUTH") }
        #expect(logins.count == 2 && Set(logins).count == 2)
        #expect(stage.first.received.count == 2)
    }

    @Test("former sessions that hold the server's places teach no limit, and new ones wait for them")
    func crowded() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 3 }
        stage.first.pipelining = false
        stage.first.atATime = .init(
            count: 3, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply("250 2.0.0 taken", after: .milliseconds(250)) : nil
        }
        for _ in 0..<6 { stage.accept() }
        try stage.settle()
        #expect(stage.first.connects == 3)
        try stage.reload { $0.upstreams[0].idleTimeout = .seconds(7) }
        #expect(stage.first.connects > 3)
        try stage.advance(.seconds(2))
        #expect(stage.first.received.count == 6)
        #expect(stage.second.connects == 0)
        #expect(stage.dispatcher.statuses()[0].sessionsAllowed == nil)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(!stage.words.contains { $0.hasPrefix("habit") })
    }

    @Test("another name of the relay, or other times: the authorities are not read again")
    func authorities() throws {
        let certificates = try TestCertificates()
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].tls = .starttls
            $0.upstreams[0].caFile = certificates.authorityFile
        }
        let pool = stage.dispatcher.upstreams[0].pool
        let access = pool.access
        let trust = try #require(access.trust)
        let context = try trust.context.get()
        try stage.reload { $0.hostname = "other.test" }
        try stage.reload { $0.circuit.latencyThreshold = .seconds(17) }
        try stage.reload { $0.upstreams[0].patience = .milliseconds(700) }
        #expect(pool.access !== access)
        let next = try pool.access.trust?.context.get()
        #expect(next === context)
    }

    @Test("a full upstream whose sessions are silent gets new ones with other settings")
    func silent() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = false
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        for _ in 0..<3 { stage.accept() }
        try stage.advance(.seconds(2))
        stage.first.script = { _, _ in nil }
        try stage.reload { $0.upstreams[0].idleTimeout = .seconds(7) }
        #expect(stage.first.received.count == 2)
        #expect(stage.dispatcher.upstreams[0].pool.inFlight == 1)
    }

    @Test("circuit, counts and an operator's order outlive every change")
    func state() throws {
        let stage = DeliveryStage(upstreams: 3) {
            $0.circuit.consecutiveFailures = 1
            $0.circuit.openDuration = .seconds(60)
        }
        stage.first.refuses = true
        for _ in 0..<4 { stage.accept() }
        _ = stage.dispatcher.control("third", UpstreamControl(.drain, reason: "audit"))
        try stage.settle()
        try stage.reload {
            $0.upstreams.reverse()
            $0.upstreams[2].maxConnections = 3
            $0.circuit.window = .seconds(99)
            $0.circuit.consecutiveFailures = 4
        }
        let statuses = stage.dispatcher.statuses()
        #expect(statuses.map(\.name) == ["third", "second", "first"])
        #expect(statuses.map(\.circuit) == [.closed, .closed, .open])
        #expect(statuses.map(\.deliveredTotal) == [0, 4, 0])
        #expect(statuses[0].adminOverride.state == .draining && statuses[0].adminOverride.reason == "audit")
    }

    @Test("an order for an upstream waits for it to come back")
    func override() throws {
        let stage = DeliveryStage()
        _ = stage.dispatcher.control("first", UpstreamControl(.disable, reason: "quota"))
        let first = stage.dispatcher.policies.settings.upstreams[0]
        try stage.reload { $0.upstreams.removeFirst() }
        #expect(stage.shown == ["second"])
        try stage.reload { $0.upstreams.insert(first, at: 0) }
        #expect(stage.dispatcher.statuses()[0].adminOverride.reason == "quota")
        stage.accept()
        try stage.settle()
        #expect(stage.first.connects == 0 && stage.second.received.count == 1)
    }

    @Test("an open circuit is probed as soon as the address is another one", arguments: [Duration.zero, .seconds(30)])
    func probed(interval: Duration) throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.circuit.consecutiveFailures = 1
            $0.circuit.openDuration = .seconds(300)
            $0.health.interval = interval
            $0.health.healthyThreshold = 1
        }
        stage.first.refuses = true
        stage.accept()
        try stage.advance(.seconds(2))
        #expect(stage.dispatcher.upstreams[0].circuit.state.name == .open)
        try stage.reload { $0.upstreams[0].host = "third" }
        try stage.advance(.seconds(2))
        #expect(stage.third.received.count == 1)
    }

    @Test("indexes are used again once nobody knows the former upstream")
    func indexes() throws {
        let stage = DeliveryStage(upstreams: 2)
        for number in 0..<200 {
            stage.accept()
            try stage.settle()
            try stage.reload {
                $0.upstreams = ["x\(number)", "y\(number)"].map { name in
                    var upstream = DeliveryStage.upstream(name)
                    upstream.host = name.hasPrefix("x") ? "first" : "second"
                    return upstream
                }
            }
        }
        #expect(stage.dispatcher.upstreams.names.count <= 6)
        #expect(stage.first.received.count == 200)
    }

    @Test("nothing is lost, doubled or late in a hundred reloads that change everything")
    func hundred() throws {
        let stage = DeliveryStage(upstreams: 3)
        let all = stage.dispatcher.policies.settings.upstreams
        for number in 0..<100 {
            for recipient in 0..<5 { stage.accept(to: ["\(recipient)@\(number % 2 == 0 ? "a" : "b").example"]) }
            try stage.reload { settings in
                settings.upstreams = all.filter { _ in true }
                settings.upstreams.swapAt(number % 3, (number + 1) % 3)
                settings.upstreams.remove(at: (number / 2) % 3)
                settings.upstreams[0].maxConnections = .fixed(1 + number % 7)
                settings.upstreams[1].commandTimeout = .seconds(10 + number)
                settings.retry.initial = .seconds(10 + number)
                var route = RouteSettings(name: "r\(number % 4)")
                route.match.recipient = number % 3 == 0 ? "@a.example" : "@b.example"
                route.upstreams = [settings.upstreams[1].name]
                settings.routes = number % 5 == 0 ? [] : [route]
            }
            try stage.advance(.milliseconds(10))
        }
        try stage.advance(.milliseconds(100))
        let received = [stage.first, stage.second, stage.third].flatMap(\.received)
        #expect(received.count == 500)
        #expect(stage.spool.messages.isEmpty)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") || $0.hasPrefix("failed") || $0.hasPrefix("in doubt") })
    }
}
