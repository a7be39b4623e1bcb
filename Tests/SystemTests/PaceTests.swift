import Testing

@Suite("Paces of recipient domains", .scenario)
struct PaceTests {
    private func send(_ client: SMTPConnection, to recipient: String) throws {
        try client.ask("MAIL FROM:<sender@example.com>")
        try client.ask("RCPT TO:<\(recipient)>")
        try client.ask("DATA")
        let reply = try client.ask("Subject: paced\r\n\r\nx\r\n.")
        guard reply.hasPrefix("250 ") else { throw ScenarioError("the message got \(reply)") }
    }

    @Test("a campaign goes at the pace of its domains, other mail at once, and people see what waits")
    func campaign() throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("primary"))
        config.tables = ["[[pace]]", "domain = \"family:google\"", "max_rate = \"2/s\""]
        let relay = try Relay(config)
        let client = try relay.connect()
        try client.greet()
        let began = ContinuousClock.now
        for number in 0..<12 { try send(client, to: number.isMultiple(of: 2) ? "r@gmail.com" : "r@googlemail.com") }
        for _ in 0..<6 { try send(client, to: "r@example.net") }
        let waiting = try relay.command("queue", "list").output.joined(separator: "\n")
        let paces = try relay.command("pace", "list", "--json").output
        try relay.waitForQueue { $0.isEmpty }
        let took = ContinuousClock.now - began
        try relay.stop()
        // Two at once, and two a second.
        #expect(took > .milliseconds(4500))
        #expect(waiting.contains("waits for the pace of its domain"))
        #expect(paces.count == 1 && paces[0].contains("\"domain\":\"family:google\""))
        let order = relay.lines("delivered").compactMap(\.to?.first)
        #expect(order.count == 18)
        let others = order.indices.filter { order[$0].contains("example.net") }
        #expect(others.count == 6 && (others.last ?? 18) < 15, "\(order)")
        #expect(relay.count("deferred") == 0 && relay.count("circuit") == 0)
    }
}
