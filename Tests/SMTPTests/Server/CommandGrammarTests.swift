import Mail
import Testing

@testable import SMTP

/// RFC 5321 section 4.1.1.
@Suite("Grammar of commands")
struct CommandGrammarTests {
    private func parse<Value>(_ line: String, _ body: (CommandParser) throws -> Value) rethrows -> Value {
        try Array(line.utf8).withUnsafeBytes { try body(CommandParser($0)) }
    }

    private func reply(to line: String) -> String {
        var driver = SessionDriver()
        driver.send("EHLO c.test\r\n")
        if line.lowercased().hasPrefix("rcpt") { driver.send("MAIL FROM:<>\r\n") }
        _ = driver.take()
        driver.send(line + "\r\n")
        return driver.take().joined(separator: "|")
    }

    /// RFC 5321 sections 4.1.2 and 4.1.3.
    @Test(
        "paths that are accepted",
        arguments: [
            ("<a@b.test>", "a@b.test"), ("<>", ""), (" <a@b.test>  ", "a@b.test"),
            ("<a.b+c=d@x-y.test>", "a.b+c=d@x-y.test"),
            ("<@x.test,@y.test:a@b.test>", "a@b.test"), ("<\"a b\"@c.test>", "\"a b\"@c.test"),
            ("<\"a\\\"@>b\"@c.test>", "\"a\\\"@>b\"@c.test"), ("<a@[127.0.0.1]>", "a@[127.0.0.1]"),
            ("<a@[IPv6:::1]>", "a@[IPv6:::1]"), ("<a@localhost>", "a@localhost"), ("<a@b_c.test>", "a@b_c.test"),
            ("<\(String(repeating: "x", count: 64))@b>", "\(String(repeating: "x", count: 64))@b"),
        ])
    func senders(path: String, address: String) throws {
        let arguments = try parse("MAIL FROM:\(path)") { try $0.mail(ServerOffer()) }
        #expect(arguments.sender.description == address)
        #expect(arguments.size == nil && arguments.body == .sevenBit)
    }

    @Test("postmaster needs no domain as a recipient, and only as a recipient")
    func postmaster() {
        #expect(reply(to: "RCPT TO:<Postmaster>").hasPrefix("250"))
        #expect(reply(to: "RCPT TO:<webmaster>").hasPrefix("501 5.1.3"))
        #expect(reply(to: "MAIL FROM:<postmaster>").hasPrefix("501 5.1.7"))
    }

    /// RFC 5321 sections 4.1.2, 4.1.3 and 4.5.3.1, RFC 5322 section 3.2.3.
    @Test(
        "paths that are refused",
        arguments: [
            "", "a@b.test", "<a@b.test", "a@b.test>", "<a@>", "<@b.test>", "<a@b..test>", "<a@.test>", "<a@b.test.>",
            "<.a@b>", "<a.@b>", "<a..b@c>", "<a b@c>", "<a@b c>", "<a@-b>", "<a@b->", "<a@[1.2.3]>", "<a@[1.2.3.256]>",
            "<a@[IPv6:1.2.3.4]>", "<a@[IPv6:::1>", "<\"a@b>", "<\"a\"b@c>", "<a@b>x", "<<a@b>>", "<a@b@c>",
            "<\(String(repeating: "x", count: 65))@b>", "<a@\(String(repeating: "x.", count: 128))y>", "<@x.test a@b>",
            "<a\\@b>",
        ])
    func refused(path: String) {
        #expect(reply(to: "MAIL FROM:\(path)").hasPrefix("501 5.1.7"))
        #expect(reply(to: "RCPT TO:\(path)").hasPrefix("501 5.1.3"))
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
            ("RCPT TO:<a@b> SIZE=1", "555 5.5.4"), ("MAIL <a@b>", "501 5.5.2"), ("MAIL", "501 5.5.2"),
            ("RCPT FROM:<a@b>", "501 5.5.2"), ("RSET now", "501 5.5.4"), ("QUIT now", "501 5.5.4"),
            ("EHLO", "501 A name"), ("EHLO a b", "501 A name"), ("MAILX FROM:<a@b>", "500 5.5.1"), ("", "500 5.5.1"),
            ("NO\0OP", "500 5.5.2"), ("NOOP\rRSET", "500 5.5.2"), ("RSET   ", "250 2.0.0"),
        ])
    func parameters(line: String, expected: String) {
        #expect(reply(to: line).hasPrefix(expected))
    }
}
