import Mail
import NIOCore
import Testing
import Upstreams

@testable import Delivery

@Suite("An upstream that is slow to greet")
struct SlowGreetingTests {
    private typealias Phase = ScriptedUpstream.Phase

    private func stage(
        _ phase: ScriptedUpstream.Phase = .banner, after delay: Duration = .seconds(3),
        _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: 2) {
            $0.health.interval = .seconds(30)
            configure(&$0)
        }
        slow(stage.first, phase, after: delay)
        stage.dispatcher.restore([])
        return stage
    }

    private func slow(_ server: ScriptedUpstream, _ phase: ScriptedUpstream.Phase, after delay: Duration) {
        let usual = phase == .banner ? "220 late" : "250-late\r\n250 PIPELINING"
        server.script = { at, _ in at == phase ? .lateReply(usual, after: delay) : nil }
    }

    private func patience(_ stage: DeliveryStage) -> Duration? {
        stage.dispatcher.detail(of: "first")?.greetingPatience
    }

    @Test("is used with a backup beside it once a check has found that it is slow and well", arguments: [true, false])
    func used(atBanner: Bool) throws {
        let stage = stage(atBanner ? .banner : .ehlo)
        try stage.advance(.seconds(4))
        #expect(stage.dispatcher.detail(of: "first")?.lastProbe?.failedPhase == nil)
        #expect(stage.dispatcher.detail(of: "first")?.slowestGreeting == .seconds(3))
        #expect(patience(stage) == .milliseconds(4500))
        stage.accept()
        try stage.advance(.seconds(4))
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.isEmpty)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
    }

    @Test("is used as soon as the first check is over, whatever mail has met before")
    func busyStart() throws {
        let stage = stage()
        for _ in 0..<40 {
            stage.accept()
            try stage.advance(.milliseconds(500))
        }
        #expect(!stage.words.contains("circuit first open"))
        #expect(stage.first.received.count > 20)
        #expect(patience(stage) == .milliseconds(4500))
    }

    @Test("is waited for by a session too whose connection was being made when that was found out")
    func connecting() throws {
        let stage = stage()
        try stage.advance(.milliseconds(2990))
        stage.first.connectTime = .milliseconds(50)
        stage.accept()
        try stage.advance(.milliseconds(3300))
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.isEmpty)
    }

    @Test("is waited for as well where the search for an address that works had begun before")
    func searching() throws {
        let stage = DeliveryStage(upstreams: 2) { $0.health.interval = .seconds(30) }
        let (bad, good) = (ScriptedUpstream(), ScriptedUpstream())
        bad.refuses = true
        slow(good, .banner, after: .seconds(3))
        stage.connector.hosts["first"] = [bad, good]
        stage.dispatcher.restore([])
        try stage.advance(.milliseconds(2900))
        stage.accept()
        try stage.advance(.milliseconds(3300))
        #expect(good.received.count == 1)
        #expect(stage.second.received.isEmpty)
    }

    @Test("opens no circuit with a burst at the start, and is used once the check has found it well")
    func burstAtStart() throws {
        let stage = stage()
        for _ in 0..<100 { stage.accept() }
        try stage.advance(.milliseconds(900))
        // One may be trying again.
        #expect(stage.second.received.count >= 99)
        for _ in 0..<20 {
            stage.accept()
            try stage.advance(.milliseconds(110))
        }
        #expect(stage.second.received.count >= 118)
        let before = stage.first.received.count + stage.second.received.count
        for _ in 0..<10 { stage.accept() }
        try stage.advance(.seconds(5))
        #expect(stage.first.received.count + stage.second.received.count >= before + 10)
        #expect(stage.first.received.count >= 10)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
        #expect(stage.dispatcher.detail(of: "first")?.reason == "it works")
    }

    @Test("a burst meets silence that the check confirms: then each session counts, and the circuit opens")
    func silentAtStart() throws {
        let stage = stage()
        stage.first.script = { at, _ in at == .banner ? .silence : nil }
        for _ in 0..<40 { stage.accept() }
        try stage.advance(.milliseconds(900))
        #expect(stage.second.received.count == 40)
        #expect(!stage.words.contains("circuit first open"))
        try stage.advance(.milliseconds(4200))
        #expect(stage.words.contains("circuit first open"))
        #expect(stage.words.last == "circuit first open")
    }

    @Test("with several addresses, a burst opens no circuit either")
    func burstOverAddresses() throws {
        let stage = DeliveryStage(upstreams: 2) { $0.health.interval = .seconds(30) }
        let servers = [ScriptedUpstream(), ScriptedUpstream()]
        for server in servers { slow(server, .banner, after: .seconds(3)) }
        stage.connector.hosts["first"] = servers
        stage.dispatcher.restore([])
        for _ in 0..<40 { stage.accept() }
        try stage.advance(.seconds(1))
        #expect(stage.second.received.count == 40)
        try stage.advance(.seconds(4))
        stage.accept()
        try stage.advance(.seconds(5))
        #expect(servers.map(\.received.count).reduce(0, +) == 1)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    @Test("is left within the patience before that, as ever")
    func unknown() throws {
        let stage = stage { $0.health.interval = .zero }
        stage.accept()
        try stage.advance(.milliseconds(900))
        #expect(stage.second.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 1)
    }

    @Test("later silences are not given more time")
    func onlyTheGreeting() throws {
        let stage = stage()
        try stage.advance(.seconds(4))
        stage.first.script = { at, _ in
            switch at {
            case .banner: .lateReply("220 late", after: .seconds(3))
            case .mail: .silence
            case .ehlo, .starttls, .auth, .rcpt, .data, .dot, .rset, .noop, .quit: nil
            }
        }
        stage.accept()
        try stage.advance(.milliseconds(3900))
        #expect(stage.second.received.count == 1)
    }

    @Test("has 'connect_timeout' at most")
    func limit() throws {
        let stage = stage(after: .milliseconds(3500)) { $0.upstreams[0].connectTimeout = .seconds(4) }
        try stage.advance(.seconds(4))
        #expect(patience(stage) == .seconds(4))
    }

    @Test("has 'command_timeout' at most, which no upstream is waited for any longer")
    func commandLimit() throws {
        let stage = stage { $0.upstreams[0].commandTimeout = .seconds(2) }
        try stage.advance(.seconds(4))
        #expect(stage.dispatcher.detail(of: "first")?.slowestGreeting == .seconds(3))
        #expect(patience(stage) == .seconds(2))
    }

    @Test("that falls silent loses its longer patience with the first failure")
    func dies() throws {
        let stage = stage()
        try stage.advance(.seconds(4))
        stage.first.script = { at, _ in at == .banner ? .silence : nil }
        stage.accept()
        try stage.advance(.milliseconds(4700))
        #expect(stage.second.received.count == 1)
        #expect(patience(stage) == .milliseconds(800))
    }

    @Test("that becomes fast again has the usual patience after five greetings")
    func recovers() throws {
        let stage = stage { $0.health.interval = .zero }
        slow(stage.first, .banner, after: .seconds(3))
        _ = stage.dispatcher.control("first", UpstreamControl(.probe))
        try stage.advance(.seconds(4))
        #expect(patience(stage) == .milliseconds(4500))
        stage.first.script = { _, _ in nil }
        for greeting in 1...5 {
            #expect(patience(stage) == .milliseconds(4500), "\(greeting)")
            stage.accept()
            try stage.leap(.seconds(40))
        }
        #expect(patience(stage) == .milliseconds(800))
        #expect(stage.first.received.count == 5)
    }

    @Test("with several addresses too")
    func severalAddresses() throws {
        let stage = stage()
        let servers = [ScriptedUpstream(), ScriptedUpstream()]
        for server in servers { slow(server, .banner, after: .seconds(3)) }
        stage.connector.hosts["first"] = servers
        try stage.advance(.seconds(9))
        stage.accept()
        try stage.advance(.seconds(4))
        #expect(servers.map(\.received.count).reduce(0, +) == 1)
        #expect(stage.second.received.isEmpty)
    }
}
