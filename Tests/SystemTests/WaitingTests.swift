import Testing

@Suite("Mail that an upstream has not been asked about", .scenario)
struct WaitingTests {
    private func lines(_ relay: Relay, _ words: String...) throws -> [String] {
        try relay.command(["queue", "list"] + words).output
    }

    @Test("is queued, and says so, while it waits for the rate of the upstream")
    func rate() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("slow", "max_rate = \"1/h\"")))
        _ = try Burst(TestMail.series("rate", 6), to: relay.port).finish()
        try sink.wait(for: 1)
        try relay.waitForQueue { $0.count == 5 && $0.allSatisfy { $0.state == "queued" } }
        #expect(
            try lines(relay).contains { $0.contains("waits for its turn: the upstreams it may take are at their rate") }
        )
        #expect(try relay.queue().flatMap(\.recipients).allSatisfy { $0.upstream == nil && $0.attempts == 0 })
        #expect(try lines(relay, "--upstream", "slow", "--count") == ["0"])
        #expect(try lines(relay, "--state", "delivering", "--count") == ["0"])
        let statistics = try relay.command("queue", "stats", "--json").output.joined()
        #expect(statistics.contains("\"delivering\":0") && statistics.contains("\"queued\":5"))
        try relay.stop()
        #expect(try relay.queue().count == 5)
    }

    @Test("is queued, and says so, while it waits for a quota")
    func quota() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("small", "quota = [\"2/d\"]")))
        _ = try Burst(TestMail.series("quota", 6), to: relay.port).finish()
        try sink.wait(for: 2)
        try relay.waitForQueue { $0.count == 4 && $0.allSatisfy { $0.state == "queued" } }
        #expect(try lines(relay).contains { $0.contains("waits for a quota") })
        #expect(try lines(relay, "--upstream", "small", "--count") == ["0"])
        try relay.stop()
    }

    @Test("is queued beside what a session has, which is being delivered")
    func session() throws {
        let sink = try Sink("--hang-at", "dot")
        let relay = try Relay(
            RelayConfig(sink.upstream("silent", "max_connections = 1", "data_timeout = \"1h\"")))
        _ = try Burst(TestMail.series("session", 20), to: relay.port).finish()
        try relay.waitForQueue { queue in queue.contains { $0.state == "delivering" } }
        let queue = try relay.queue()
        let delivering = queue.filter { $0.state == "delivering" }
        #expect(queue.count == 20 && delivering.count < 5)
        #expect(delivering.allSatisfy { $0.recipients[0].upstream == "silent" })
        #expect(queue.filter { $0.state == "queued" }.count == 20 - delivering.count)
        try relay.process.killNow()
    }

    @Test("says that it waits for the canary of its stream, or for the rate of that")
    func streams() throws {
        let sink = try Sink("--hang-at", "dot")
        var config = RelayConfig(sink.upstream("silent", "data_timeout = \"1h\""))
        config.tables = [
            "[[stream]]", "name = \"new\"", "canary = [10]", "min_messages = 2",
            "[[stream]]", "name = \"slow\"", "max_rate = \"1/h\"",
        ]
        let relay = try Relay(config)
        let client = try relay.connect()
        try client.greet()
        for stream in Array(repeating: "new", count: 6) + Array(repeating: "slow", count: 6) {
            for command in ["MAIL FROM:<a@example.org>", "RCPT TO:<\(stream)@example.net>", "DATA"] {
                try client.ask(command)
            }
            let reply = try client.ask("X-Posthorse-Stream: \(stream)\r\nSubject: s\r\n\r\nx\r\n.")
            guard reply.hasPrefix("250 ") else { throw ScenarioError(reply) }
        }
        try relay.waitForQueue { queue in queue.count { $0.state == "delivering" } == 3 }
        let waits = { (recipient: String, words: String) in
            try lines(relay, "--recipient", recipient).count { $0.contains(words) }
        }
        #expect(try waits("new@", "waits for the canary of its stream") == 4)
        #expect(try waits("slow@", "waits for its turn: its stream is at its rate") == 5)
        try relay.process.killNow()
    }
}
