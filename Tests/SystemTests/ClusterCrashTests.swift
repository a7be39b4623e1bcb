import Glibc
import TestKit
import Testing

@Suite("A relay of a cluster killed at a step of its spool", .scenario)
struct ClusterCrashTests {
    static let points = [
        ("beforeCommit", [1, 2, 9, 40]), ("afterCommit", [1, 2, 9, 40]), ("afterReplies", [1, 3, 25]),
    ]
    .flatMap { step, counts in counts.map { CrashTests.Point(step: step, count: $0) } }

    private func config(_ sink: Sink, _ server: PostgresServer, _ lines: String...) -> RelayConfig {
        var config = RelayConfig(sink.upstream("sink", "in_doubt = \"hold\""))
        config.upstreams[0].lines += lines
        config.tables = ["[cluster]", "database = \"\(server.conninfo)\""]
        return config
    }

    @Test("nothing is lost, nothing is sent twice, and content is unchanged", arguments: points)
    func atMostOnce(_ point: CrashTests.Point) throws {
        let (server, sink) = (try PostgresServer(), try Sink(keepsContent: true))
        let relay = try Relay(starting: config(sink, server), environment: point.environment)
        let mails = TestMail.series("crash", 1500, sizes: [300, 15_000, 40_000])
        let sent = try CrashTests.send(mails, until: relay)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))

        try relay.restart()
        let more = TestMail.series("again", 20, sizes: [300, 40_000])
        let sentAgain = try Burst(more, to: relay.port).finish()
        #expect(sentAgain.accepted.count == 20)
        try relay.waitForBacklog(and: 20)
        try relay.waitForQueue { $0.allSatisfy { $0.state == "in_doubt" } }
        var all = sent
        all.accepted.formUnion(sentAgain.accepted)
        try Books(all, sinks: [sink], relay: relay).checkAtMostOnce()
        try sink.checkContent(of: mails + more)
        #expect(try relay.stop() == .code(0))
    }

    @Test("killed again while it recovers: attempts are closed once")
    func duringRecovery() throws {
        let (server, sink) = (try PostgresServer(), try Sink("--hang-at", "dot"))
        let relay = try Relay(config(sink, server, "data_timeout = \"1h\""))
        let sent = try Burst(TestMail.series("recovery", 5), to: relay.port).finish()
        try relay.waitForQueue { $0.allSatisfy { $0.state == "delivering" } }
        try relay.process.killNow()
        try relay.restart(environment: ["POSTHORSE_KILL_AT": "afterRecovery:1"], isReady: false)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try sink.killNow()
        try sink.restart()
        try relay.restart()
        #expect(try #require(relay.lines("spool_opened").first).interrupted == 0)
        try relay.waitForQueue { $0.allSatisfy { $0.state == "in_doubt" } }
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()
        try relay.stop()
    }
}
