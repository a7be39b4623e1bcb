import Glibc
import Testing

@Suite("A relay killed at a step of its spool", .scenario)
struct CrashTests {
    /// Where the relay kills itself, and on which visit.
    struct Point: CustomTestStringConvertible, Sendable {
        let step: String
        let count: Int
        var testDescription: String { "\(step):\(count)" }
    }

    static let points = [
        ("afterSegmentWrite", [1, 5, 23]), ("afterSegmentSync", [1, 4, 17]), ("beforeCommit", [1, 2, 9, 40]),
        ("afterCommit", [1, 2, 9, 40]), ("afterReplies", [1, 3, 25]), ("afterCheckpoint", [1]),
        ("afterSegmentCreation", [1]),
    ].flatMap { step, counts in counts.map { Point(step: step, count: $0) } }

    @Test("nothing is lost, nothing is sent twice, and content is unchanged", arguments: points)
    func atMostOnce(_ point: Point) throws {
        let sink = try Sink(keepsContent: true)
        let relay = try Relay(
            starting: RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"")), environment: point.environment)
        let mails = TestMail.series("crash", 1500, sizes: [300, 15_000, 40_000])
        let sent = try Self.send(mails, until: relay)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        // The stopped relay's records are already right, before anything repairs them.
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()

        try relay.restart()
        let more = TestMail.series("again", 20, sizes: [300, 40_000])
        let sentAgain = try Burst(more, to: relay.port).finish()
        #expect(sentAgain.accepted.count == 20)
        try relay.waitForBacklog(and: 20)
        #expect(try relay.stop() == .code(0))
        var all = sent
        all.accepted.formUnion(sentAgain.accepted)
        let books = try Books(all, sinks: [sink], relay: relay)
        books.checkAtMostOnce()
        #expect(books.queued.values.allSatisfy { $0 == "in_doubt" })
        try sink.checkContent(of: mails + more)
    }

    @Test(
        "with in_doubt = \"retry_same\" everything is delivered, at least once",
        arguments: ["beforeCommit:9", "afterCommit:9", "afterReplies:9"])
    func atLeastOnce(_ point: String) throws {
        let sink = try Sink(keepsContent: true)
        var config = RelayConfig(sink.upstream("sink"))
        config.upstreams[0].lines = ["in_doubt = \"retry_same\"", "in_doubt_hold = \"1s\""]
        let relay = try Relay(starting: config, environment: ["POSTHORSE_KILL_AT": point])
        let mails = TestMail.series("retry", 500, sizes: [300, 40_000])
        let sent = try Self.send(mails, until: relay)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart()
        try relay.wait(for: try #require(relay.lines("spool_opened").first?.messages), "delivered")
        try relay.stop()
        let books = try Books(sent, sinks: [sink], relay: relay)
        books.checkNothingLost()
        #expect(books.queued.isEmpty)
        #expect(sent.accepted.isSubset(of: books.taken.keys))
        try sink.checkContent(of: mails)
    }

    @Test("killed again while it recovers: attempts are closed once")
    func duringRecovery() throws {
        let sink = try Sink("--hang-at", "dot")
        let relay = try Relay(RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"", "data_timeout = \"1h\"")))
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
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()
    }

    /// A few deferred messages keep a segment alive whose other messages are delivered.
    @Test("killed while it moves content from one segment to another", arguments: ["Copy", "Commit"])
    func duringCompaction(_ moment: String) throws {
        let sink = try Sink("--fail-at", "rcpt", "--fail-recipient", "pinned", keepsContent: true)
        let config = RelayConfig(sink.upstream("sink", "in_doubt = \"hold\""))
        let relay = try Relay(config, environment: ["POSTHORSE_KILL_AT": "afterCompaction\(moment):1"])
        let pinned = TestMail.series("pinned", 2, sizes: [700_000])
        let mails = pinned + TestMail.series("gone", 18, sizes: [5_000_000])
        let sent = try Burst(mails, to: relay.port, connections: 2).finish()
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()
        try sink.killNow()
        try sink.restart()
        try relay.restart()
        try relay.waitForBacklog()
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()
        #expect(try Set(sink.books().flatMap(\.recipients)).isSuperset(of: pinned.map(\.recipient)))
        try sink.checkContent(of: mails)
    }

    @Test("killed at any moment while large messages pass: no final dot left without a record", arguments: 0..<10)
    func largeMessages(_ round: Int) throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"")))
        let mails = TestMail.series("large", 30, sizes: [3_000_000, 700_000])
        let burst = Burst(mails, to: relay.port, connections: 3)
        try burst.waitForAccepted(3 + 2 * round)
        try relay.process.killNow()
        let sent = try burst.finish()
        try Books(sent, sinks: [sink], relay: relay).checkAtMostOnce()
    }

    /// A relay that dies at once refuses, or never listens.
    static func send(_ mails: [TestMail], until relay: Relay) throws -> Burst.Result {
        do {
            try relay.waitUntilReady()
        } catch let error as ScenarioError {
            guard relay.process.hasEnded else { throw error }
            return Burst.Result()
        }
        return try Burst(mails, to: relay.port, connections: 6).finish()
    }
}

extension CrashTests.Point {
    var environment: [String: String] { ["POSTHORSE_KILL_AT": testDescription] }
}

extension Relay {
    /// Waits until everything present at the start and not in doubt, plus this many more, is delivered.
    func waitForBacklog(and more: Int = 0) throws {
        guard let opened = lines("spool_opened").first, let messages = opened.messages,
            let interrupted = opened.interrupted
        else { throw ScenarioError("the log has no line \"spool_opened\"") }
        try wait(for: messages - interrupted + more, "delivered")
    }
    /// Polls the queue until it is as wanted.
    func waitForQueue(within limit: Duration = .seconds(30), _ isWanted: ([QueueLine]) -> Bool) throws {
        let end = ContinuousClock.now + limit
        while try !isWanted(queue()) {
            guard .now < end else { throw ScenarioError("the queue is not as wanted within \(limit)") }
        }
    }
}
