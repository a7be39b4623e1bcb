import Foundation
import Testing

@Suite("A relay that is to send mail later", .scenario)
struct ScheduledMailTests {
    /// Submits a message; returns its queue ID.
    private func submit(_ parameters: String = "", _ header: String = "", to relay: Relay) throws -> String {
        let connection = try relay.connect()
        try connection.greet()
        for command in ["MAIL FROM:<s@example.org>\(parameters)", "RCPT TO:<r@example.org>", "DATA"] {
            let reply = try connection.ask(command)
            guard reply.hasPrefix("250 ") || reply.hasPrefix("354 ") else { throw ScenarioError(reply) }
        }
        let reply = try connection.ask("Subject: later\r\n\(header)\r\nbody\r\n.")
        guard let id = reply.split(separator: " ").last, reply.hasPrefix("250 ") else { throw ScenarioError(reply) }
        return String(id)
    }

    private func scheduled(_ relay: Relay) throws -> [String] {
        let result = try relay.command("queue", "list", "--state", "scheduled")
        #expect(result.exit == .code(0))
        return result.output
    }

    @Test("HOLDFOR holds a message for as long as it says")
    func holdFor() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        _ = try submit(" HOLDFOR=2", to: relay)
        try relay.wait("delivered")
        let delay = try #require(relay.lines("delivered").first?.delay_ms)
        #expect(delay >= 1990)
        try relay.stop()
        #expect(try relay.queue().isEmpty)
    }

    @Test("scheduled mail survives a kill; it can be seen, sent before its time, and dropped")
    func verbs() throws {
        let sink = try Sink(keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        let tomorrow = Date(timeIntervalSinceNow: 86_400).ISO8601Format()
        let first = try submit("", "X-Posthorse-Send-At: \(tomorrow)\r\n", to: relay)
        let second = try submit(" HOLDFOR=86400", to: relay)
        try relay.process.killNow()
        try relay.restart()
        let rows = try scheduled(relay)
        #expect([first, second].allSatisfy { id in rows.contains { $0.contains(id) } })
        #expect(try relay.queue().map { $0.recipients[0].state } == ["scheduled", "scheduled"])
        #expect(try relay.queue().allSatisfy { $0.recipients[0].next_attempt_at != nil })
        #expect(try relay.command("queue", "release", first).exit == .code(0))
        try relay.wait("delivered")
        #expect(relay.lines("delivered").map(\.id) == [first])
        #expect(try relay.command("queue", "drop", second).exit == .code(0))
        #expect(try relay.queue().isEmpty)
        try relay.stop()
        let books = try sink.books()
        #expect(books.count == 1)
        let content = try String(decoding: sink.content(of: #require(books.first)), as: UTF8.self)
        #expect(content.contains("Subject: later\r\n\r\nbody"))
        #expect(!content.contains("Send-At"))
    }
}
