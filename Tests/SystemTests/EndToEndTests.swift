import Foundation
import Testing

@Suite("Mail, end to end", .scenario)
struct EndToEndTests {
    struct Content: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let octets: [UInt8]
        /// Fields that the relay must add.
        var added: [String] = []
    }

    private static let header = Array(
        "Message-ID: <1@client.example>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nSubject: s\r\n".utf8)
    private static let body = header + [13, 10]

    static let contents: [Content] = [
        Content(testDescription: "a short text", octets: body + Array("Hello\r\n".utf8)),
        Content(testDescription: "an empty body", octets: body),
        Content(testDescription: "a header without a body", octets: header),
        Content(testDescription: "no content at all", octets: [], added: ["Date", "Message-ID"]),
        Content(testDescription: "no header", octets: Array("just text\r\n".utf8), added: ["Date", "Message-ID", ""]),
        Content(
            testDescription: "no Message-ID", octets: Array("Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nx\r\n".utf8),
            added: ["Message-ID"]),
        Content(testDescription: "lines of dots", octets: body + Array(".\r\n..\r\n.x\r\n \r\n...\r\n".utf8)),
        Content(
            testDescription: "every octet but CR and LF",
            octets: body + Array((0...255).filter { $0 != 10 && $0 != 13 }) + [13, 10]),
        Content(
            testDescription: "a line of 100,000 octets",
            octets: body + [UInt8](repeating: UInt8(ascii: "x"), count: 100_000) + [13, 10]),
        Content(testDescription: "5 MB", octets: TestMail(tag: "big", size: 5_000_000).content),
    ]

    @Test("what arrives is what was sent, after the relay's own fields", arguments: contents)
    func unchanged(_ content: Content) throws {
        let sink = try Sink(keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        let client = try relay.connect()
        try client.greet()
        for command in ["MAIL FROM:<a@example.com> BODY=8BITMIME", "RCPT TO:<b@example.net>"] {
            #expect(try client.ask(command).hasPrefix("250 "))
        }
        #expect(try client.ask("DATA").hasPrefix("354 "))
        try client.send(TestMail.stuffed(content.octets) + Array(".\r\n".utf8))
        let reply = try client.reply()
        #expect(reply.hasPrefix("250 2.0.0 "))
        try sink.wait(for: 1)
        let taken = try #require(try sink.books().first)
        #expect(reply.hasSuffix(try #require(taken.queue_id)))
        let arrived = try sink.content(of: taken)
        #expect(arrived.suffix(content.octets.count) == Data(content.octets))
        let fields = String(decoding: arrived.dropLast(content.octets.count), as: UTF8.self)
        let names = fields.components(separatedBy: "\r\n").dropLast().filter { !$0.hasPrefix("\t") }
            .map { String($0.prefix { $0 != ":" }) }
        #expect(names == ["X-Posthorse-ID", "Received"] + content.added)
        #expect(try relay.stop() == .code(0))
        #expect(try relay.queue().isEmpty)
    }

    @Test("an mbox separator line before the header becomes a field of it", arguments: [300, 2_000_000])
    func mailboxLine(size: Int) throws {
        let sink = try Sink(keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        let mail = TestMail(tag: "mbox", size: size)
        let client = try relay.connect()
        try client.greet()
        try client.send(mail.envelope)
        for _ in 0..<3 { _ = try client.reply() }
        try client.send(Array("From me@example.com Sat Nov 21 12:00:00 2026\r\n>From you\r\n".utf8) + mail.wire)
        #expect(try client.reply().hasPrefix("250 2.0.0 "))
        try sink.wait(for: 1)
        let taken = try #require(try sink.books().first)
        #expect(taken.message_id == "<mbox@client.example>")
        let content = try sink.content(of: taken)
        let header = String(decoding: content.dropLast(mail.content.count), as: UTF8.self)
        #expect(
            header.hasSuffix(
                "\r\nX-Mailbox-Line: From me@example.com Sat Nov 21 12:00:00 2026\r\nX-Mailbox-Line: >From you\r\n"))
        #expect(!header.contains("\r\n\r\n") && content.suffix(mail.content.count) == Data(mail.content))
    }

    @Test("several recipients go in one transaction; a refused one leaves with its reply in the log")
    func partialRefusal() throws {
        let sink = try Sink("--fail-at", "rcpt", "--fail-recipient", "nobody", "--reply", "550 5.1.1 No such user")
        let other = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("first"), other.upstream("second")))
        let client = try relay.connect()
        try client.greet()
        try client.ask("MAIL FROM:<>")
        for name in ["one", "nobody", "two"] { try client.ask("RCPT TO:<\(name)@example.net>") }
        try client.ask("DATA")
        #expect(try client.ask("Subject: s\r\n\r\nx\r\n.").hasPrefix("250 "))
        try sink.wait(for: 1)
        try relay.wait(for: 1, "failed")
        try relay.stop()
        let books = try sink.books()
        #expect(books.map(\.recipients) == [["one@example.net", "two@example.net"]])
        #expect(books.map(\.sender) == [""])
        #expect(try other.books().isEmpty)
        #expect(try relay.queue().isEmpty)
        let failed = try #require(relay.lines("failed").first)
        #expect(failed.to == ["nobody@example.net"])
        #expect(failed.reply == "550 5.1.1 No such user")
        // Nobody is there to be told.
        #expect(relay.count("notice") == 0)
    }

    @Test("a deferred recipient is retried, and the others get the mail once")
    func partialDeferral() throws {
        let sink = try Sink(
            "--fail-at", "rcpt", "--fail-recipient", "later", "--reply", "450 4.2.1 Not now", "--limit", "2")
        let relay = try Relay(RelayConfig(sink.upstream("only")))
        let client = try relay.connect()
        try client.greet()
        try client.ask("MAIL FROM:<a@example.com>")
        for name in ["one", "later"] { try client.ask("RCPT TO:<\(name)@example.net>") }
        try client.ask("DATA")
        #expect(try client.ask("Subject: s\r\n\r\nx\r\n.").hasPrefix("250 "))
        try sink.wait(for: 2)
        try relay.wait(for: 2, "delivered")
        try relay.stop()
        let books = try sink.books()
        #expect(books.map(\.recipients) == [["one@example.net"], ["later@example.net"]])
        #expect(Set(books.map(\.queue_id)).count == 1 && Set(books.map(\.message_id)).count == 1)
        #expect(try relay.queue().isEmpty)
    }

    @Test("an upstream without PIPELINING and 8BITMIME gets what it can accept")
    func plainUpstream() throws {
        let sink = try Sink("--no-pipelining", "--no-8bitmime", "--count", keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("plain")))
        let mails = TestMail.series("plain", 50, sizes: [300, 40_000])
        let sent = try Burst(mails, to: relay.port).finish()
        try sink.wait(for: 50)
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
        try sink.checkContent(of: mails)
        sink.process.signal(SIGTERM)
        try sink.process.waitForExit()
        let totals = try #require(sink.process.output.current.lines.last)
        #expect(totals.contains("\"pipelined_unasked\":0"), "\(totals)")
    }
}
