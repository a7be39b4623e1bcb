import Mail
import Testing

@testable import SMTP

/// RFC 5321 section 4.1.1.
@Suite("Command grammar")
struct CommandGrammarTests {
    private func parse<Value>(_ line: String, _ body: (CommandParser) throws -> Value) rethrows -> Value {
        try Array(line.utf8).withUnsafeBytes { try body(CommandParser($0)) }
    }

    private static let strict: ServerLimits = {
        var limits = SessionDriver.limits
        limits.strictAddresses = true
        return limits
    }()

    private func reply(to line: String, _ limits: ServerLimits = SessionDriver.limits) -> String {
        var driver = SessionDriver(limits: limits)
        driver.send("EHLO c.test\r\n")
        if line.lowercased().hasPrefix("rcpt") { driver.send("MAIL FROM:<>\r\n") }
        _ = driver.take()
        driver.send(line + "\r\n")
        return driver.take().joined(separator: "|")
    }

    /// RFC 5321 sections 4.1.2 and 4.1.3.
    @Test(
        "valid paths are accepted",
        arguments: [
            ("<a@b.test>", "a@b.test"), ("<>", ""), (" <a@b.test>  ", "a@b.test"),
            ("<a.b+c=d@x-y.test>", "a.b+c=d@x-y.test"),
            ("<@x.test,@y.test:a@b.test>", "a@b.test"), ("<\"a b\"@c.test>", "\"a b\"@c.test"),
            ("<\"a\\\"@>b\"@c.test>", "\"a\\\"@>b\"@c.test"), ("<a@[127.0.0.1]>", "a@[127.0.0.1]"),
            ("<a@[IPv6:::1]>", "a@[IPv6:::1]"), ("<a@localhost>", "a@localhost"), ("<a@b_c.test>", "a@b_c.test"),
            ("<\(String(repeating: "x", count: 65))@b>", "\(String(repeating: "x", count: 65))@b"),
            ("<\"\(String(repeating: "x", count: 300))\"@b>", "\"\(String(repeating: "x", count: 300))\"@b"),
        ])
    func senders(path: String, address: String) throws {
        let arguments = try parse("MAIL FROM:\(path)") { try $0.mail(ServerOffer()) }
        #expect(arguments.sender.description == address)
        #expect(arguments.size == nil && arguments.body == .sevenBit)
        #expect(reply(to: "MAIL FROM:\(path)", Self.strict).hasPrefix("250"))
    }

    static let lenientPaths = [
        // Dots are part of the address.
        ("<a..b@c>", "a..b@c"), ("<.a@b>", ".a@b"), ("<a.@b>", "a.@b"), ("<..a...b..@c>", "..a...b..@c"),
        // What surrounds it is not.
        ("a@b.test", "a@b.test"), (" \ta@b.test", "a@b.test"), ("\"a b\"@c.test", "\"a b\"@c.test"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"), ("< a@b.test >", "a@b.test"), ("<\ta@b.test>", "a@b.test"),
        ("<a@b.test  >", "a@b.test"), (" < @x.test:a@b.test >", "a@b.test"), ("<a@b.test.>", "a@b.test"),
        ("<a@localhost.>", "a@localhost"), ("a@b.test.", "a@b.test"), ("< .a.@b.test. >", ".a.@b.test"),
        ("<a@\(String(repeating: "x.", count: 127))x.>", "a@\(String(repeating: "x.", count: 127))x"),
    ]

    @Test(
        "common deviations are accepted, even before parameters, and refused in strict mode",
        arguments: lenientPaths)
    func lenient(path: String, address: String) throws {
        let mail = try parse("MAIL FROM:\(path) SIZE=7 BODY=8BITMIME") { try $0.mail(ServerOffer()) }
        #expect(mail.sender.description == address && mail.size == 7 && mail.body == .eightBitMIME)
        let recipient = try parse("RCPT TO:\(path)") { try $0.recipient(ServerOffer(), usesUTF8: false) }
        #expect(recipient.recipient.text == address)
        #expect(reply(to: "MAIL FROM:\(path)", Self.strict).hasPrefix("501 5.1.7"))
        #expect(reply(to: "RCPT TO:\(path)", Self.strict).hasPrefix("501 5.1.3"))
    }

    @Test("blanks around FROM: and TO: are not part of the address", arguments: [" FROM:", "FROM :", " \tFROM : "])
    func blanks(keyword: String) throws {
        #expect(try parse("MAIL \(keyword)<a@b>") { try $0.mail(ServerOffer()) }.sender.description == "a@b")
        #expect(reply(to: "RCPT \(keyword.replacing("FROM", with: "TO"))<a@b>", Self.strict).hasPrefix("250"))
    }

    @Test("a local part may fill the line", arguments: [SessionDriver.limits, strict])
    func longLocalPart(limits: ServerLimits) {
        let local = String(repeating: "x", count: limits.maxLineLength - "MAIL FROM:<@b>\r\n".utf8.count)
        #expect(reply(to: "MAIL FROM:<\(local)@b>", limits).hasPrefix("250"))
        #expect(reply(to: "MAIL FROM:<x\(local)@b>", limits).hasPrefix("500 5.5.2"))
        #expect(reply(to: "RCPT TO:<xx\(local)@b>", limits).hasPrefix("250"))
    }

    @Test("postmaster needs no domain as a recipient, and only as a recipient")
    func postmaster() {
        #expect(reply(to: "RCPT TO:<Postmaster>").hasPrefix("250"))
        #expect(reply(to: "RCPT TO:Postmaster").hasPrefix("250"))
        #expect(reply(to: "RCPT TO:Postmaster", Self.strict).hasPrefix("501 5.1.3"))
        #expect(reply(to: "RCPT TO:<webmaster>").hasPrefix("501 5.1.3"))
        #expect(reply(to: "MAIL FROM:<postmaster>").hasPrefix("501 5.1.7"))
    }

    /// RFC 5321 sections 4.1.2, 4.1.3 and 4.5.3.1, RFC 5322 section 3.2.3.
    @Test(
        "invalid paths are refused",
        arguments: [
            "", " ", "< >", "<a@b.test", "a@b.test>", "< a@b.test", "<a@>", "a@", "<@b.test>", "@b.test", "<a@b..test>",
            "<a@.test>", "<a@b.test..>", "<a@.>", "<a b@c>", "<a@b c>", "<a @b>", "<a@ b>", "<a@-b>", "<a@b->",
            "<a@b.-.>",
            "<a@[1.2.3]>", "<a@[1.2.3.256]>", "<a@[1.2.3.4].>", "<a@[IPv6:1.2.3.4]>", "<a@[IPv6:::1>", "<\"a@b>",
            "<\"a\"b@c>", "<a@b>x", "<a@b>,<c@d>", "a@b,c@d", "a@b;", "<a@b,c@d>", "<<a@b>>", "< <a@b> >", "a<b@c>",
            "A <a@b>",
            "<a@b@c>", "a@b@c", "@x.test:a@b", "<@x.test.:a@b>", "<@x.test a@b>", "<a\\@b>", "<a,b@c>", "<a:b@c>",
            "<(a)b@c>",
            "<a@\(String(repeating: "x.", count: 128))y>", "<a@\(String(repeating: "x.", count: 128))y.>",
        ])
    func refused(path: String) {
        for limits in [SessionDriver.limits, Self.strict] {
            #expect(reply(to: "MAIL FROM:\(path)", limits).hasPrefix("501 5.1.7"))
            #expect(reply(to: "RCPT TO:\(path)", limits).hasPrefix("501 5.1.3"))
        }
    }

    @Test("the null path is valid for senders only", arguments: ["<>", " <>"])
    func nullPath(path: String) {
        #expect(reply(to: "MAIL FROM:\(path)").hasPrefix("250"))
        #expect(reply(to: "RCPT TO:\(path)").hasPrefix("501 5.1.3"))
    }

    @Test(
        "any client name is accepted, and made harmless",
        arguments: [
            ("c.test", "c.test"), ("  my laptop ", "my laptop"), ("a\tb", "a?b"), ("b\u{fc}ro", "b??ro"),
            ("\u{202E}x", "???x"), ("[127.0.0.1]", "[127.0.0.1]"), ("a_b", "a_b"), ("\"<(\\)>\"", "\"<(\\)>\""),
            (String(repeating: "x", count: 1000), String(repeating: "x", count: 255)),
        ])
    func clientName(name: String, shown: String) {
        for verb in ["EHLO", "helo"] {
            #expect(parse("\(verb) \(name)", \.clientName) == shown)
        }
    }

    @Test("a client's name in another encoding becomes question marks")
    func clientNameInLatin1() {
        let line = Array("EHLO b".utf8) + [0xFC, 0x85] + Array("ro".utf8)
        #expect(line.withUnsafeBytes { CommandParser($0).clientName } == "b??ro")
    }

    @Test(
        "parameters of MAIL and RCPT",
        arguments: [
            ("MAIL FROM:<a@b> SIZE=1000 BODY=8BITMIME", "250 2.1.0"), ("mail from:<a@b> body=7bit", "250 2.1.0"),
            ("MAIL FROM:<a@b> SIZE=1001", "552 5.3.4"), ("MAIL FROM:<a@b> SIZE=99999999999999999999", "552 5.3.4"),
            ("MAIL FROM:<a@b> SIZE=", "501 5.5.4"), ("MAIL FROM:<a@b> SIZE=-1", "501 5.5.4"),
            ("MAIL FROM:<a@b> SIZE=1 SIZE=1", "501 5.5.4"), ("MAIL FROM:<a@b> SIZE=123456789012345678901", "501 5.5.4"),
            ("MAIL FROM:<a@b> SIZE", "501 5.5.4"), ("MAIL FROM:<a@b> BODY=BINARY", "501 5.5.4"),
            ("MAIL FROM:<a@b> AUTH=<>", "555 5.5.4"), ("MAIL FROM:<a@b> XUTF8", "555 5.5.4"),
            ("MAIL FROM:<a@b> =1", "501 5.5.4"), ("MAIL FROM:<a@b> A==1", "501 5.5.4"),
            ("MAIL FROM:<a@b> c@d", "501 5.5.4"), ("MAIL FROM:a@b <c@d>", "501 5.5.4"),
            ("MAIL FROM:a@b SIZE=1001", "552 5.3.4"), ("RCPT TO:a@b.. NOTIFY=NEVER", "501 5.1.3"),
            ("RCPT TO:<a@b> SIZE=1", "555 5.5.4"), ("MAIL <a@b>", "501 5.5.2"), ("MAIL", "501 5.5.2"),
            ("RCPT FROM:<a@b>", "501 5.5.2"), ("RSET now", "501 5.5.4"), ("QUIT now", "501 5.5.4"),
            ("EHLO", "501 A name"), ("HELO  ", "501 A name"), ("MAIL FROM<a@b>", "501 5.5.2"),
            ("MAILX FROM:<a@b>", "500 5.5.1"), ("", "500 5.5.1"),
            ("NO\0OP", "500 5.5.2"), ("NOOP\rRSET", "500 5.5.2"), ("RSET   ", "250 2.0.0"),
        ])
    func parameters(line: String, expected: String) {
        #expect(reply(to: line).hasPrefix(expected))
    }
}
