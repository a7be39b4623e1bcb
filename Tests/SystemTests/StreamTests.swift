import Foundation
import Glibc
import Testing

@Suite("A stream whose mail bounces, and a relay that is restarted", .scenario)
struct StreamTests {
    private func relay(_ sink: Sink) throws -> Relay {
        var config = RelayConfig(sink.upstream("only"))
        config.tables = ["[[stream]]", "name = \"news\"", "pause_at_bounce_rate = 0.5", "min_messages = 10"]
        return try Relay(config)
    }

    private func send(_ count: Int, of stream: String, _ relay: Relay) throws {
        let connection = try relay.connect()
        try connection.greet()
        for number in 0..<count {
            // The null sender: nobody is told, so that no notice bounces.
            try connection.ask("MAIL FROM:<>")
            try connection.ask("RCPT TO:<\(stream)-\(number)@example.net>")
            try connection.ask("DATA")
            let reply = try connection.ask("X-Posthorse-Stream: \(stream)\r\nSubject: t\r\n\r\nbody\r\n.")
            #expect(reply.hasPrefix("250 2.0.0"))
        }
    }

    private func show(_ relay: Relay) throws -> [String: Any] {
        let result = try relay.command("stream", "show", "news", "--json")
        let line = try #require(result.output.first)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    /// Kills it once the outcomes are on disk, though nothing else happens.
    private func kill(_ relay: Relay, after failed: Int) throws {
        let end = ContinuousClock.now + .seconds(30)
        while try failedOnDisk(relay) < failed {
            guard .now < end else { throw ScenarioError("streams.json does not have \(failed) failures") }
            _ = try show(relay)
        }
        try relay.process.killNow()
    }

    /// Within the last hour.
    private func failedOnDisk(_ relay: Relay) throws -> Int {
        guard let data = FileManager.default.contents(atPath: "\(relay.spoolPath)/streams.json") else { return 0 }
        let file = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let news = (file?["streams"] as? [String: Any])?["news"] as? [String: Any]
        let parts = (news?["hour"] as? [String: Any])?["parts"] as? [[Int]] ?? []
        return parts.reduce(0) { $0 + $1[1] }
    }

    @Test(
        "is paused by the bounces of before and after together, also when the relay was killed",
        arguments: [false, true])
    func pause(isKilled: Bool) throws {
        let sink = try Sink("--fail-at", "rcpt", "--reply", "550 5.1.1 No such user")
        let relay = try relay(sink)
        try send(9, of: "news", relay)
        try relay.wait(for: 9, "failed")
        if isKilled { try kill(relay, after: 9) } else { #expect(try relay.stop() == .code(0)) }
        try relay.restart()
        let before = try show(relay)
        #expect(before["state"] as? String == "active" && before["bounce_rate"] as? Double == 1)
        try send(1, of: "news", relay)
        try relay.wait(for: 1, "stream_paused")
        #expect(try show(relay)["state"] as? String == "paused")
        try send(3, of: "news", relay)
        try checkOrders(relay)
        try relay.stop()
    }

    /// Three messages of the paused stream wait.
    private func checkOrders(_ relay: Relay) throws {
        func lines(_ words: String...) throws -> [String] {
            let result = try relay.command(["stream"] + words)
            #expect(result.exit == .code(0))
            return result.output
        }
        let load = "3 messages with 3 waiting recipients"
        #expect(try lines("resume", "news", "--dry-run").last == "This would resume news: \(load) could go on.")
        #expect(try lines("cancel", "news", "--dry-run") == ["This would drop \(load) of news and tell nobody."])
        #expect(
            try lines("pause", "shop", "--dry-run") == ["This would pause shop; nothing of it is in the queue."])
        #expect(try relay.command("stream", "cancel", "shop", "--dry-run").exit == .code(66))
        #expect(try relay.command("stream", "resume", "shop").exit == .code(66))
        #expect(try lines("cancel", "news", "--yes").last?.contains("3 messages") == true)
        #expect(try lines("cancel", "news", "--yes") == ["Nothing of news is in the queue."])
    }

    @Test("starts anew when the file is damaged, and says so")
    func damaged() throws {
        let sink = try Sink("--fail-at", "rcpt", "--reply", "550 5.1.1 No such user")
        let relay = try relay(sink)
        try send(9, of: "news", relay)
        try relay.wait(for: 9, "failed")
        #expect(try relay.stop() == .code(0))
        try Data("{\"version\":1,".utf8).write(to: URL(fileURLWithPath: "\(relay.spoolPath)/streams.json"))
        try relay.restart()
        try relay.wait(for: 1, "streams_unreadable")
        #expect(try relay.command("stream", "show", "news").exit == .code(66))
        try relay.stop()
    }
}
