import Foundation
import Testing

@Suite("The command line beside a relay", .scenario)
struct CommandTests {
    @Test("queue and upstream commands agree for a running relay and, as far as possible, for a stopped one")
    func commands() throws {
        let sink = try Sink("--fail-at", "rcpt", "--reply", "450 4.2.1 Not now")
        var config = RelayConfig(sink.upstream("only"))
        config.retry = ["initial = \"1h\""]
        let relay = try Relay(config)
        let mail = TestMail(tag: "waiting")
        #expect(try Burst([mail], to: relay.port).finish().accepted == ["waiting"])
        try relay.wait(for: 1, "deferred")
        try relay.waitForQueue { $0.map(\.state) == ["deferred"] }
        let line = try #require(try relay.queue().first)
        #expect(line.sender == "sender@example.com" && line.message_id == "<waiting@client.example>")
        #expect(line.recipients.map(\.address) == [mail.recipient])
        #expect(line.recipients[0].last_reply == "450 4.2.1 Not now")
        #expect(line.recipients[0].upstream == "only")
        let running = try answers(relay, line)
        let shown = try relay.command("queue", "show", "--json", line.queue_id).output.first
        #expect(shown?.contains("\"expires_at\":\"2") == true)
        try checkUpstreams(relay)
        try checkTop(relay)
        try relay.stop()
        #expect(try answers(relay, line) == running)
        #expect(try relay.command("upstream", "list").exit == .code(69))
        #expect(try relay.command("top").exit == .code(69))
    }

    /// Without a terminal: one frame, as plain text.
    private func checkTop(_ relay: Relay) throws {
        let result = try relay.command("top")
        #expect(result.exit == .code(0))
        #expect(result.output.first?.hasPrefix("posthorse  ") == true)
        #expect(result.output.contains { $0.hasPrefix("only              closed     100%      0.0") })
        #expect(result.output.contains { $0.hasPrefix("QUEUE  1 message, the oldest that waits ") })
        #expect(result.output.contains("  deferred 1"))
        #expect(result.output.allSatisfy { $0.count <= 80 && !$0.contains("\u{1B}") })
        #expect(try relay.command("top", "--once").output.count == result.output.count)
    }

    /// The commands' output, without what changes with time.
    private func answers(_ relay: Relay, _ line: QueueLine) throws -> [[String]] {
        let list = try relay.command("queue", "list")
        #expect(list.exit == .code(0))
        #expect(list.output.first?.hasPrefix("ID") == true && list.output.last == "1 message")
        #expect(list.output.allSatisfy { $0.count <= 80 })
        let content = try relay.command("queue", "cat", line.queue_id)
        #expect(content.output.first == "X-Posthorse-ID: \(line.queue_id)\r")
        #expect(content.output.joined(separator: "\n").utf8.count + 1 == line.size)
        let show = try relay.command("queue", "show", line.queue_id)
        #expect(show.output.contains { $0.contains("450 4.2.1 Not now") })
        let stats = try relay.command("queue", "stats", "--json")
        #expect(stats.output.first?.contains("\"messages\":1") == true)
        #expect(try relay.command("queue", "stats").output.first?.hasPrefix("1 message") == true)
        #expect(try relay.command("queue", "show", "0000000000001").exit == .code(66))
        #expect(try relay.command("queue", "cat", "0000000000001").exit == .code(66))
        #expect(try relay.command("queue", "show", "nonsense").exit == .code(64))
        let json = [
            try relay.command("queue", "list", "--json"), try relay.command("queue", "show", "--json", line.queue_id),
        ]
        // Only a running relay knows when a message expires.
        let timeless = json.map { $0.output.map { $0.replacing(/"expires_at":"[^"]*"/, with: "\"expires_at\":null") } }
        return timeless + [content.output]
    }

    private func checkUpstreams(_ relay: Relay) throws {
        struct UpstreamLine: Decodable {
            var name: String
            var priority: Int
            var circuit: String
            var admin_state: String
            var share: Double
            var delivered_total: Int
        }
        let result = try relay.command("upstream", "list", "--json")
        #expect(result.exit == .code(0))
        let line = try JSONDecoder().decode(UpstreamLine.self, from: Data(try #require(result.output.first).utf8))
        #expect(line.name == "only" && line.priority == 1 && line.circuit == "closed" && line.share == 1)
        #expect(line.admin_state == "enabled" && line.delivered_total == 0)
        #expect(try relay.command("upstream", "list").output.contains { $0.hasPrefix("only") || $0.contains(" only") })
    }
}
