import Testing

@testable import SMTP

@Suite("Legality of commands")
struct CommandLegalityTests {
    static let lines: [CommandVerb: String] = [
        .ehlo: "EHLO c.test", .helo: "helo c.test", .mail: "MAIL FROM:<a@b.test>", .rcpt: "RCPT TO:<c@d.test>",
        .data: "DATA", .rset: "RSET", .noop: "NOOP anything", .vrfy: "VRFY someone", .expn: "EXPN list",
        .help: "HELP", .quit: "QUIT", .http: "GET / HTTP/1.1", .unknown: "XYZZY",
        .starttls: "STARTTLS", .auth: "AUTH PLAIN", .bdat: "BDAT 0 LAST",
    ]

    static let openings: [CommandPhase: [CommandVerb]] = [
        .start: [], .ready: [.ehlo], .mail: [.ehlo, .mail], .recipients: [.ehlo, .mail, .rcpt],
        .chunks: [.ehlo, .mail, .rcpt],
    ]

    /// The first word of each command's outcome in each phase: start, ready, mail, recipients, chunks.
    static let expected: [CommandVerb: [String]] = [
        .ehlo: ["EHLO", "EHLO", "EHLO", "EHLO", "EHLO"],
        .helo: ["HELO", "HELO", "HELO", "HELO", "HELO"],
        .mail: ["503", "250", "503", "503", "503"],
        .rcpt: ["503", "503", "250", "250", "503"],
        .data: ["503", "503", "554", "354", "503"],
        .rset: ["250", "250", "250", "250", "discard"],
        .noop: ["250", "250", "250", "250", "250"],
        .vrfy: ["252", "252", "252", "252", "252"],
        .expn: ["502", "502", "502", "502", "502"],
        .help: ["214", "214", "214", "214", "214"],
        .quit: ["close", "close", "close", "close", "close"],
        .http: ["close", "500", "500", "500", "500"],
        .unknown: ["500", "500", "500", "500", "500"],
        .starttls: ["503", "220", "503", "503", "503"],
        .auth: ["503", "auth", "503", "503", "503"],
        .bdat: ["discard", "discard", "discard", "message", "message"],
    ]

    /// RFC 5321 section 4.1.4, RFC 3207 section 4.
    @Test("every command has one answer in every phase", arguments: CommandVerb.allCases, CommandPhase.allCases)
    func total(verb: CommandVerb, phase: CommandPhase) throws {
        var driver = SessionDriver {
            $0.startTLS = true
            $0.mechanisms = ["PLAIN"]
        }
        for opening in try #require(Self.openings[phase]) { driver.send(try #require(Self.lines[opening]) + "\r\n") }
        if phase == .chunks { driver.send("BDAT 3\r\na\r\n") }
        _ = driver.take()
        driver.send(try #require(Self.lines[verb]) + "\r\n")
        let log = driver.take()
        #expect(log.count == 1)
        let column = try #require(CommandPhase.allCases.firstIndex(of: phase))
        #expect(log.first?.split(separator: " ").first.map(String.init) == Self.expected[verb]?[column])
    }

    @Test("a refused command changes nothing", arguments: CommandVerb.allCases, CommandPhase.allCases)
    func unchanged(verb: CommandVerb, phase: CommandPhase) throws {
        // A refused chunk ends its transaction (RFC 3030 section 2).
        guard case .refused = verb.legality(in: phase), verb != .bdat else { return }
        var driver = SessionDriver {
            $0.startTLS = true
            $0.mechanisms = ["PLAIN"]
        }
        for opening in try #require(Self.openings[phase]) { driver.send(try #require(Self.lines[opening]) + "\r\n") }
        if phase == .chunks { driver.send("BDAT 3\r\na\r\n") }
        driver.send(try #require(Self.lines[verb]) + "\r\n")
        _ = driver.take()
        driver.send("RCPT TO:<e@f.test>\r\n")
        let accepted = phase == .mail || phase == .recipients
        #expect(driver.take().first?.hasPrefix(accepted ? "250 2.1.5" : "503") == true)
    }

    /// RFC 2034, RFC 3463.
    @Test("every reply is well-formed and has its enhanced code", arguments: ServerReply.allCases)
    func replies(reply: ServerReply) throws {
        let wire = reply.wire.description
        #expect(wire.hasSuffix("\r\n") && wire.utf8.count <= 512)
        #expect(!reply.text.contains("\r") && !reply.text.contains("\n"))
        let words = reply.text.split(separator: " ", maxSplits: 2)
        let code = try #require(Int(words[0]))
        #expect((200...599).contains(code))
        if reply == .startData || reply == .greetingSyntax { return }
        #expect(words[1].first == words[0].first)
        #expect(words[1].split(separator: ".").count == 3)
    }
}
