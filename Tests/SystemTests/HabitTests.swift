import Testing

@Suite("Upstreams with habits", .scenario)
struct HabitTests {
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
