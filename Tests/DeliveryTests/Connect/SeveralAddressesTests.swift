import Mail
import NIOCore
import NIOEmbedded
import SASL
import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("One name, several addresses")
struct SeveralAddressesTests {
    /// A stage whose first upstream has a server behind each of its addresses.
    private func stage(
        _ servers: [ScriptedUpstream], upstreams: Int = 1, _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: upstreams, configure: configure)
        stage.connector.hosts["first"] = servers
        return stage
    }

    private static func server(_ banner: ScriptedUpstream.Behaviour?) -> ScriptedUpstream {
        let server = ScriptedUpstream()
        server.script = { phase, _ in phase == .banner ? banner : nil }
        return server
    }

    private static var refusing: ScriptedUpstream {
        let server = ScriptedUpstream()
        server.refuses = true
        return server
    }

    private static var unreachable: ScriptedUpstream {
        let server = ScriptedUpstream()
        server.ignoresConnects = true
        return server
    }

    private func addresses(_ stage: DeliveryStage) -> [UpstreamDetail.Address] {
        stage.dispatcher.detail(of: "first")?.addresses ?? []
    }

    private enum Trouble: CaseIterable {
        case busy, unwanted, closing, refusing, nonsense

        var server: ScriptedUpstream {
            switch self {
            case .busy: SeveralAddressesTests.server(.reply("421 4.3.2 busy"))
            case .unwanted: SeveralAddressesTests.server(.reply("554 5.7.1 not you"))
            case .closing: SeveralAddressesTests.server(.drop)
            case .refusing: SeveralAddressesTests.refusing
            case .nonsense: SeveralAddressesTests.server(.reply("hello there"))
            }
        }

        var reason: String {
            switch self {
            case .busy: "421 4.3.2 busy"
            case .unwanted: "554 5.7.1 not you"
            case .closing: "connection closed by the upstream"
            case .refusing: "Connection refused"
            case .nonsense: "hello there"
            }
        }
    }

    // MARK: - Failures

    @Test(
        "a trouble at the first address leads to the next at once, and is no failure of the upstream",
        arguments: Trouble.allCases)
    private func next(trouble: Trouble) throws {
        let (bad, good) = (trouble.server, ScriptedUpstream())
        let stage = stage([bad, good], upstreams: 2)
        stage.accept()
        try stage.settle()
        #expect(good.received.count == 1)
        #expect(stage.second.connects == 0)
        #expect(stage.words == ["address failed first 192.0.2.1:25", "delivered first"])
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.dispatcher.statuses()[0].lastError == nil)
        let shown = addresses(stage)
        #expect(shown.map(\.state) == [.sick, .healthy])
        #expect(shown[0].reason?.contains(trouble.reason) ?? false, "\(shown[0].reason ?? "-")")
        #expect(shown.map(\.sessions) == [0, 1])
        #expect(shown.map(\.address) == ["192.0.2.1:25", "192.0.2.2:25"])
    }

    @Test(
        "so does a trouble later in the greeting",
        arguments: [ScriptedUpstream.Phase.ehlo], [true, false])
    func later(phase: ScriptedUpstream.Phase, closes: Bool) throws {
        let (bad, good) = (ScriptedUpstream(), ScriptedUpstream())
        bad.script = { at, _ in at == phase ? (closes ? .drop : .reply("421 4.3.2 busy")) : nil }
        let stage = stage([bad, good])
        stage.accept()
        try stage.settle()
        #expect(good.received.count == 1)
        #expect(addresses(stage).map(\.state) == [.sick, .healthy])
    }

    @Test("a refused login is the account's trouble, not the address's: no other is asked")
    func account() throws {
        let (bad, good) = (ScriptedUpstream(), ScriptedUpstream())
        bad.keywords = ["AUTH PLAIN"]
        bad.script = { at, _ in at == .auth ? .reply("535 5.7.8 no") : nil }
        let stage = stage([bad, good]) {
            $0.upstreams[0].username = "relay"
            $0.upstreams[0].password = .password(Array("secret".utf8))
            $0.upstreams[0].authWithoutTLS = true
        }
        stage.accept()
        try stage.settle()
        #expect(good.connects == 0)
        #expect(stage.words.contains("circuit first open"))
        #expect(addresses(stage).map(\.state) == [.untried, .untried])
    }

    @Test("opportunistic TLS that fails is tried again in clear text, at the same address")
    func opportunisticTLS() throws {
        let (bad, good) = (ScriptedUpstream(), ScriptedUpstream())
        bad.keywords = ["STARTTLS"]
        bad.handshake = "no handshake at all, but a line of text"
        let stage = stage([bad, good]) { $0.upstreams[0].tls = .opportunistic }
        stage.accept()
        try stage.settle()
        #expect(bad.received.count == 1)
        #expect(bad.connects == 2)
        #expect(good.connects == 0)
        #expect(stage.words == ["tls failed first", "delivered first"])
    }

    @Test("where all fail, the failure says what each said, up to three, and the upstream has failed once")
    func all() throws {
        let stage = stage(
            [.busy, .refusing, .closing, .refusing, .refusing].map { (trouble: Trouble) in trouble.server },
            upstreams: 2)
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 1)
        let error = stage.dispatcher.statuses()[0].lastError
        #expect(
            error == """
                banner: 192.0.2.1:25: 421 4.3.2 busy; 192.0.2.2:25: Connection refused; \
                192.0.2.3:25: connection closed by the upstream; and 2 more
                """)
        #expect(addresses(stage).allSatisfy { $0.state == .sick })
    }

    @Test("a server that allows some sessions at a time is well at each address, and gets as many", arguments: [1, 3])
    func crowd(each: Int) throws {
        let servers = (0..<2).map { _ in ScriptedUpstream() }
        for server in servers {
            server.atATime = .init(
                count: each, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        }
        let stage = stage(servers, upstreams: 2) { $0.upstreams[0].maxConnections = 10 }
        for _ in 0..<40 { stage.accept() }
        try stage.settle()
        #expect(servers.reduce(0) { $0 + $1.received.count } == 40)
        #expect(stage.second.received.isEmpty)
        #expect(stage.words.allSatisfy { !$0.hasPrefix("address failed") && !$0.hasPrefix("slowed") })
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.dispatcher.statuses()[0].sessionsAllowed == 2 * each)
        #expect(addresses(stage).map(\.state) == [.healthy, .healthy])
    }

    @Test("an address that allows no further session is well, whatever the others say", arguments: Trouble.allCases)
    private func crowd(beside trouble: Trouble) throws {
        let good = ScriptedUpstream()
        good.atATime = .init(
            count: 1, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        let stage = stage([good, trouble.server], upstreams: 2) {
            $0.upstreams[0].maxConnections = 10
            $0.circuit.consecutiveFailures = 1
        }
        for _ in 0..<20 { stage.accept() }
        try stage.settle()
        #expect(good.received.count == 20)
        #expect(stage.second.received.isEmpty)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.dispatcher.statuses()[0].sessionsAllowed == 1)
        #expect(addresses(stage).map(\.state) == [.healthy, .sick])
    }

    // MARK: - Silence

    @Test("after a second of silence the next begins beside it, with a single upstream too", arguments: [true, false])
    func silence(connects: Bool) throws {
        let (silent, good) = (connects ? Self.server(.silence) : Self.unreachable, ScriptedUpstream())
        let stage = stage([silent, good])
        stage.accept()
        try stage.advance(.milliseconds(990))
        #expect(good.connects == 0)
        try stage.advance(.milliseconds(100))
        #expect(good.received.count == 1)
        #expect(addresses(stage).map(\.state) == [.sick, .healthy])
        #expect(addresses(stage)[0].reason?.hasPrefix("no reply within 1") ?? false)
        #expect(silent.connections.allSatisfy { !$0.channel.isActive })
    }

    @Test("with a backup there is time for a second address within the patience")
    func backup() throws {
        let (silent, good) = (Self.server(.silence), ScriptedUpstream())
        let stage = stage([silent, good], upstreams: 2)
        stage.accept()
        try stage.advance(.milliseconds(350))
        #expect(good.received.count == 1)
        #expect(stage.second.received.isEmpty)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
    }

    @Test("a backup that comes back meanwhile leaves time for a second address too")
    func returningBackup() throws {
        let (silent, good) = (Self.server(.silence), ScriptedUpstream())
        let stage = stage([silent, good], upstreams: 2)
        _ = stage.dispatcher.control("second", UpstreamControl(.disable))
        stage.accept()
        try stage.advance(.milliseconds(400))
        #expect(good.connects == 0)
        _ = stage.dispatcher.control("second", UpstreamControl(.enable))
        try stage.advance(.milliseconds(200))
        #expect(good.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
    }

    @Test("an upstream that is silent at every address is left within its patience, and has failed")
    func allSilent() throws {
        let stage = stage([Self.server(.silence), Self.server(.silence)], upstreams: 2)
        stage.second.script = { at, _ in at == .banner ? .lateReply("220 slow", after: .milliseconds(700)) : nil }
        stage.accept()
        try stage.advance(.milliseconds(790))
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        try stage.advance(.milliseconds(100))
        #expect(stage.dispatcher.statuses()[0].failedTotal == 1)
        #expect(stage.dispatcher.statuses()[0].lastError?.contains("192.0.2.2:25: no reply") ?? false)
        #expect(addresses(stage).map(\.state) == [.sick, .sick])
        try stage.advance(.seconds(1))
        #expect(stage.second.received.count == 1)
    }

    @Test("twenty-five silent addresses before a good one cost the first message half a minute, later ones nothing")
    func many() throws {
        let silent = (0..<25).map { _ in Self.server(.silence) }
        let good = ScriptedUpstream()
        let stage = stage(silent + [good])
        stage.accept()
        try stage.advance(.milliseconds(24_900))
        #expect(good.received.isEmpty)
        try stage.advance(.seconds(2))
        #expect(good.received.count == 1)
        let connects = silent.reduce(0) { $0 + $1.connects }
        for _ in 0..<10 {
            // Sessions end when idle, so that each of these opens another one.
            try stage.leap(.seconds(40))
            stage.accept()
            let before = good.received.count
            try stage.settle()
            #expect(good.received.count == before + 1)
        }
        // They are looked at again, beside the good one, at longer and longer intervals.
        #expect(silent.reduce(0) { $0 + $1.connects } - connects <= 75)
        #expect(stage.words.count { $0.hasPrefix("address failed") } == 25)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
    }

    // MARK: - Health

    @Test("a sick address is used again once it has greeted beside a healthy one, at no cost to mail")
    func recovers() throws {
        let (bad, good) = (Self.refusing, ScriptedUpstream())
        let stage = stage([bad, good])
        stage.accept()
        try stage.settle()
        try stage.leap(.seconds(50))
        stage.accept()
        try stage.settle()
        #expect(bad.connects == 1, "it rests for a minute")
        bad.refuses = false
        try stage.leap(.seconds(50))
        stage.accept()
        try stage.settle()
        #expect(bad.connects == 2)
        #expect(addresses(stage).map(\.state) == [.healthy, .healthy])
        #expect(stage.words.contains("address recovered first 192.0.2.1:25"))
        #expect(good.received.count + bad.received.count == 3)
    }

    @Test("sessions spread over healthy addresses")
    func spread() throws {
        let servers = (0..<4).map { _ in ScriptedUpstream() }
        let stage = stage(servers) { $0.upstreams[0].maxConnections = 12 }
        for server in servers {
            server.script = { at, _ in at == .dot ? .lateReply("250 ok", after: .seconds(1)) : nil }
        }
        for _ in 0..<200 { stage.accept() }
        try stage.advance(.milliseconds(900))
        #expect(servers.map(\.connects) == [3, 3, 3, 3])
        #expect(addresses(stage).map(\.sessions) == [3, 3, 3, 3])
        #expect(stage.dispatcher.statuses()[0].connections == 12)
    }

    @Test("an address that greets and then fails its mail is left too")
    func failsLater() throws {
        let (bad, good) = (ScriptedUpstream(), ScriptedUpstream())
        bad.script = { at, _ in at == .mail ? .drop : nil }
        let stage = stage([bad, good])
        stage.accept()
        try stage.leap(.seconds(40))
        #expect(good.received.count == 1)
        #expect(addresses(stage)[0].state == .sick)
    }

    @Test("a slow name server counts against the patience too")
    func slowLookup() throws {
        let stage = stage([ScriptedUpstream(), ScriptedUpstream()], upstreams: 2)
        stage.connector.lookupTime = .seconds(20)
        stage.connector.slowLookups = ["first"]
        stage.accept()
        try stage.advance(.milliseconds(900))
        #expect(stage.second.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].lastError?.contains("not resolved within 800 ms") ?? false)
    }

    // MARK: - Checks

    @Test("a check uses the same book: it finds the good address, and mail pays nothing")
    func probes() throws {
        let (silent, good) = (Self.server(.silence), ScriptedUpstream())
        let stage = stage([silent, good], upstreams: 2) { $0.health.interval = .seconds(30) }
        stage.dispatcher.restore([])
        try stage.advance(.seconds(2))
        #expect(stage.dispatcher.detail(of: "first")?.lastProbe?.failedPhase == nil)
        #expect(addresses(stage).map(\.state) == [.sick, .healthy])
        let connects = silent.connects
        stage.accept()
        try stage.settle()
        #expect(good.received.count == 1)
        #expect(silent.connects == connects)
    }

    @Test(
        "a check gets to each address, however short its timeout is, and silent ones before a good one open no circuit",
        arguments: [Duration.milliseconds(500), .seconds(1), .seconds(5)])
    func probesAll(timeout: Duration) throws {
        let silent = (0..<25).map { _ in Self.server(.silence) }
        let good = ScriptedUpstream()
        let stage = stage(silent + [good], upstreams: 2) {
            $0.health.interval = .seconds(30)
            $0.health.timeout = timeout
            $0.health.unhealthyThreshold = 1
        }
        stage.dispatcher.restore([])
        try stage.advance(.seconds(9))
        #expect(stage.dispatcher.detail(of: "first")?.lastProbe?.failedPhase == nil)
        #expect(stage.dispatcher.detail(of: "first")?.lastProbe != nil)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    @Test("a check that is one session too many finds the upstream well, whichever addresses are silent")
    func crowdedOut() throws {
        let good = ScriptedUpstream()
        good.atATime = .init(
            count: 1, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        let stage = stage([good, Self.server(.silence)], upstreams: 2) { $0.health.unhealthyThreshold = 1 }
        stage.accept()
        try stage.settle()
        _ = stage.dispatcher.control("first", UpstreamControl(.probe))
        try stage.advance(.seconds(7))
        let result = try #require(stage.dispatcher.detail(of: "first")?.lastProbe)
        #expect(result.failedPhase == nil)
        #expect(result.text.contains("421 4.7.0 Too many concurrent connections"))
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    @Test("a check that finds nobody in time says where it hung, and which addresses were silent")
    func failedProbe() throws {
        let stage = stage([Self.server(.silence), Self.server(.silence)]) { $0.health.interval = .seconds(30) }
        stage.dispatcher.restore([])
        // Each has its time; the second begins after one second.
        try stage.advance(.milliseconds(5900))
        #expect(stage.dispatcher.detail(of: "first")?.lastProbe == nil)
        try stage.advance(.milliseconds(200))
        let probe = stage.dispatcher.detail(of: "first")?.lastProbe
        #expect(probe?.failedPhase == "banner")
        #expect(probe?.text == "not finished within 5000 ms")
        #expect(addresses(stage).map(\.state) == [.sick, .sick])
    }

    @Test("a relay that stops ends all attempts")
    func stopping() throws {
        let servers = [Self.server(.silence), Self.server(.silence)]
        let stage = stage(servers)
        stage.accept()
        try stage.advance(.milliseconds(1500))
        stage.dispatcher.stop(grace: .milliseconds(100)) {}
        try stage.advance(.seconds(1))
        for server in servers { #expect(server.connections.allSatisfy { !$0.channel.isActive }) }
        let connects = servers.map(\.connects)
        try stage.advance(.seconds(60))
        #expect(servers.map(\.connects) == connects)
    }
}
