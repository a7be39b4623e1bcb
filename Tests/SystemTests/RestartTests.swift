import Glibc
import Testing

@Suite("A relay that is restarted", .scenario)
struct RestartTests {
    @Test("a backlog of 5,000 messages is delivered after a restart, each exactly once")
    func backlog() throws {
        let sink = try Sink()
        try sink.killNow()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        let sent = try Burst(TestMail.series("backlog", 5000, sizes: [300, 2000]), to: relay.port, connections: 8)
            .finish()
        #expect(sent.accepted.count == 5000)
        #expect(try relay.stop() == .code(0))
        #expect(try relay.queue().count == 5000)
        try sink.restart()
        try relay.restart()
        let opened = try #require(relay.lines("spool_opened").first)
        #expect(opened.messages == 5000 && opened.interrupted == 0)
        try sink.wait(for: 5000)
        #expect(try relay.stop() == .code(0))
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
    }

    @Test("SIGTERM under load: it exits with 0 within seconds, and everything with a 250 is there after the restart")
    func stopUnderLoad() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"")))
        let burst = Burst(TestMail.series("load", 20_000, sizes: [300, 30_000]), to: relay.port, connections: 8)
        try burst.waitForAccepted(500)
        #expect(try relay.stop(within: .seconds(10)) == .code(0))
        let sent = try burst.finish()
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()
        try relay.restart()
        #expect(try #require(relay.lines("spool_opened").first).interrupted == 0)
        try sink.wait(for: sent.accepted.count)
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
    }

    @Test("killed under load: everything with a 250 is delivered once, or in doubt")
    func killedUnderLoad() throws {
        let sink = try Sink(keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"")))
        let mails = TestMail.series("kill", 20_000, sizes: [300, 30_000])
        let burst = Burst(mails, to: relay.port, connections: 8)
        try burst.waitForAccepted(500)
        try relay.process.killNow()
        let sent = try burst.finish()
        try relay.restart()
        try relay.waitForBacklog()
        try relay.stop()
        let books = try Books(sent, sinks: [sink], relay: relay)
        books.checkAtMostOnce()
        #expect(books.queued.values.allSatisfy { $0 == "in_doubt" })
        try sink.checkContent(of: mails)
    }

    @Test("a relay with an unreachable upstream exits within seconds of SIGTERM")
    func stopWhileConnecting() throws {
        let sink = try Sink("--hang-at", "banner")
        let relay = try Relay(RelayConfig(sink.upstream("sink", "connect_timeout = \"1m\"")))
        let sent = try Burst(TestMail.series("hang", 20), to: relay.port).finish()
        #expect(try relay.stop(within: .seconds(10)) == .code(0))
        #expect(try Set(relay.queue().map { String($0.recipients[0].address.prefix { $0 != "@" }) }) == sent.accepted)
    }
}
