import Foundation
import Testing

@Suite("A relay whose upstream is at full load", .scenario)
struct PriorityTests {
    private func submit(_ header: String = "", from sender: String, to recipient: String, in relay: Relay) throws {
        let connection = try relay.connect()
        try connection.greet()
        for command in ["MAIL FROM:<\(sender)>", "RCPT TO:<\(recipient)>", "DATA"] {
            let reply = try connection.ask(command)
            guard reply.hasPrefix("250 ") || reply.hasPrefix("354 ") else { throw ScenarioError(reply) }
        }
        let reply = try connection.ask("\(header)Subject: s\r\n\r\nbody\r\n.")
        guard reply.hasPrefix("250 ") else { throw ScenarioError(reply) }
    }

    @Test("hands over a password reset before the campaign that waits, which goes on")
    func reset() throws {
        let sink = try Sink("--fault", "dot delay=200ms", keepsContent: true)
        var config = RelayConfig(sink.upstream("only", "max_connections = 1"))
        config.tables = [
            "[[route]]", "name = \"resets\"", "sender = \"accounts@example.org\"", "priority = \"high\"",
            "upstreams = [\"only\"]",
        ]
        let relay = try Relay(config)
        for number in 0..<40 {
            try submit(
                "X-Posthorse-Priority: bulk\r\n", from: "news@example.org", to: "r\(number)@example.net", in: relay)
        }
        let waiting = try relay.queue()
        #expect(waiting.count > 10 && waiting.allSatisfy { $0.priority == "bulk" })
        let before = try sink.books().count
        try submit(from: "accounts@example.org", to: "reset@example.net", in: relay)
        try sink.wait(for: 41)
        try relay.stop()
        let books = try sink.books()
        let place = try #require(books.firstIndex { $0.recipients == ["reset@example.net"] })
        // One is under way, one behind it in the session; one more may be taken while the reset comes in.
        #expect(place - before <= 5, "\(place - before) went before it")
        #expect(Set(books.flatMap(\.recipients)).count == 41)
        let content = try String(decoding: sink.content(of: #require(books.first)), as: UTF8.self)
        #expect(content.contains("Subject: s") && !content.contains("X-Posthorse-Priority"))
    }
}
