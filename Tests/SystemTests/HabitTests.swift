import Testing

@Suite("Upstreams with habits", .scenario)
struct HabitTests {
    @Test("a primary that refuses small content early, and answers once more behind the dot: other mail stays there")
    func answersTwice() throws {
        let primary = try Sink("--fault", "content raw rate=0.3: 552 5.3.4 Too big for me\\r\\n")
        let secondary = try Sink()
        var config = RelayConfig(primary.upstream("primary", "max_connections = 3"), secondary.upstream("secondary"))
        config.tables = ["[bounce]", "deliver = \"none\""]
        let relay = try Relay(config)
        _ = try Burst(TestMail.series("early", 60), to: relay.port).finish()
        try relay.waitForQueue { $0.isEmpty }
        try relay.stop()
        let refused = relay.count("failed")
        #expect(refused > 0)
        #expect(relay.count("delivered") == 60 - refused)
        #expect(relay.lines("failed").allSatisfy { $0.reply == "552 5.3.4 Too big for me" })
        #expect(relay.count("circuit") == 0 && relay.count("deferred") == 0)
        #expect(try secondary.books().isEmpty)
    }

    @Test(
        "both upstreams end the session amid the recipients: a message for many is delivered in parts",
        arguments: ["rcpt reply behind=20: 421 4.3.2 Enough", "rcpt drop behind=20"])
    func recipients(_ fault: String) throws {
        let sinks = try [Sink("--fault", fault), Sink("--fault", fault)]
        let relay = try Relay(RelayConfig(sinks[0].upstream("primary"), sinks[1].upstream("secondary")))
        let client = try relay.connect()
        try client.greet()
        let recipients = (0..<100).map { "r\($0)@example.net" }
        try client.ask("MAIL FROM:<sender@example.com>")
        for recipient in recipients { try client.ask("RCPT TO:<\(recipient)>") }
        try client.ask("DATA")
        #expect(try client.ask("Subject: many\r\n\r\nx\r\n.").hasPrefix("250 "))
        try relay.waitForQueue { $0.isEmpty }
        try relay.stop()
        let taken = try sinks.flatMap { try $0.books() }
        #expect(taken.flatMap(\.recipients).sorted() == recipients.sorted())
        #expect(taken.allSatisfy { $0.recipients.count <= 20 })
        #expect(relay.count("circuit") == 0)
    }
}
