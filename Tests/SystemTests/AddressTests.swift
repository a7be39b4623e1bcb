import Testing

@Suite("All kinds of addresses, end to end", .scenario)
struct AddressTests {
    /// The text after the colon, and the address that the next hop must see.
    static let forms = [
        "dots within": ("<a..b@example.net>", "a..b@example.net"),
        "a dot in front": ("<.a@example.net>", ".a@example.net"),
        "a dot behind": ("<user.@example.net>", "user.@example.net"),
        "dots alone": ("<...@example.net>", "...@example.net"),
        "no brackets": ("a@example.net", "a@example.net"), "blanks": (" < a@example.net > ", "a@example.net"),
        "an absolute domain": ("<a@example.net.>", "a@example.net"),
        "all of it": (" .a..b.@example.net.", ".a..b.@example.net"),
        "65 octets": ("<\(text(65))@example.net>", "\(text(65))@example.net"),
        "SRS": ("<SRS0=\(text(200))=example.org=a@example.net>", "SRS0=\(text(200))=example.org=a@example.net"),
        "1,900 octets": ("<\(text(1900))@example.net>", "\(text(1900))@example.net"),
        "a literal": ("<a@[192.0.2.1]>", "a@[192.0.2.1]"), "quoted": ("<\"a b\"@example.net>", "\"a b\"@example.net"),
    ]

    private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test("every form is accepted, kept across a restart, and delivered unchanged")
    func delivered() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(.init(name: "sink", address: "127.0.0.1:9")))
        let names = Self.forms.keys.sorted()
        let client = try relay.connect()
        try client.greet()
        for name in names {
            let path = try #require(Self.forms[name]).0
            let commands = ["MAIL FROM:\(path)", "RCPT TO:\(path)", "DATA", "Subject: x\r\n\r\nx\r\n."]
            let replies = try commands.map { String(try client.ask($0).prefix(3)) }
            #expect(replies == ["250", "250", "354", "250"], "\(name)")
        }
        let addresses = names.compactMap { Self.forms[$0]?.1 }
        #expect(try relay.queue().map(\.sender).sorted() == addresses.sorted())
        try relay.stop()
        try relay.restart(RelayConfig(sink.upstream("sink")))
        try sink.wait(for: names.count)
        let books = try sink.books()
        #expect(books.map(\.sender).sorted() == addresses.sorted())
        #expect(books.flatMap(\.recipients).sorted() == addresses.sorted())
        try relay.stop()
        #expect(try sink.end().bad_commands == 0)
    }

    @Test("a listener with strict_addresses refuses what the grammar forbids, and nothing else")
    func strict() throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = ["strict_addresses = true"]
        let relay = try Relay(config)
        let client = try relay.connect()
        try client.greet()
        let allowed = ["65 octets", "SRS", "1,900 octets", "a literal", "quoted"]
        for (name, form) in Self.forms {
            let reply = try client.ask("MAIL FROM:\(form.0)")
            #expect(reply.hasPrefix(allowed.contains(name) ? "250 2.1.0 " : "501 5.1.7 "), "\(name)")
            try client.ask("RSET")
            try client.ask("MAIL FROM:<>")
            let answer = try client.ask("RCPT TO:\(form.0)")
            #expect(answer.hasPrefix(allowed.contains(name) ? "250 2.1.5 " : "501 5.1.3 "), "\(name)")
            try client.ask("RSET")
        }
    }
}
