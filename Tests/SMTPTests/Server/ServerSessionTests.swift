import Mail
import Testing

@testable import SMTP

@Suite("Server session")
struct ServerSessionTests {
    static let transcript = """
        EHLO client.test\r
        MAIL FROM:<a@b.test> SIZE=20 BODY=8BITMIME\r
        RCPT TO:<c@d.test>\r
        RCPT TO:<c@d.test>\r
        RCPT TO:<bad\r
        DATA\r
        Subject: x\r
        \r
        ..\r
        .\r
        MAIL FROM:<>\r
        RSET\r
        HELO again.test\r
        MAIL FROM:<>\r
        RCPT TO:<e@f.test>\r
        DATA\r
        lone\nfeed\r
        .\r
        NOOP\n still the same line\r
        QUIT\r
        NOOP\r

        """

    static let expected = [
        "EHLO client.test", "250 2.1.0 Ok", "250 2.1.5 Ok", "250 2.1.5 Ok",
        "501 5.1.3 Bad syntax of the recipient address", "354 End data with <CR><LF>.<CR><LF>",
        "message of 17 for 1", "250 2.1.0 Ok", "250 2.0.0 Ok", "HELO again.test", "250 2.1.0 Ok", "250 2.1.5 Ok",
        "354 End data with <CR><LF>.<CR><LF>",
        "discard 550 5.6.0 The message has a CR or LF alone; a line ends with CR LF",
        "500 5.5.2 A line ends with CR LF and holds no other control character", "close 221 2.0.0 Bye",
    ]

    /// RFC 2920.
    @Test("a pipelined session has the same outcome at every split")
    func everySplit() {
        let bytes = Array(Self.transcript.utf8)
        for cut in 0...bytes.count {
            var driver = SessionDriver()
            driver.send(Array(bytes[..<cut]))
            driver.send(Array(bytes[cut...]))
            let log = driver.take()
            #expect(log == Self.expected, "cut at \(cut)")
        }
        var driver = SessionDriver()
        for byte in bytes { driver.send([byte]) }
        let log = driver.take()
        #expect(log == Self.expected)
        let held = driver.heldOctets
        #expect(held == 0)
    }

    @Test(
        "an ambiguous message is refused, and the next one in the session is unharmed",
        arguments: [
            "a\nb\r\n", "a\rb\r\n", "a\n.\nMAIL FROM:<evil@x.test>\r\n", "a\r.\rRCPT TO:<x@y.test>\r\n",
            "a\r\n.\nMAIL FROM:<evil@x.test>\nDATA\r\n", "a\n.\r\nMAIL FROM:<evil@x.test>\r\n", "\r\r\n", "a\0\n\r\n",
            "a\r\n.\rDATA\r\n", "a\r\n\0.\r\n", "a\r\n.\0\r\nMAIL FROM:<evil@x.test>\r\n", ".\0\0\r\n", "\0\0.\0\r\n",
            "a\r\0\n.\r\n", "a\r\n.\r\0\n\r\n",
        ])
    func smuggling(text: String) {
        var driver = SessionDriver()
        driver.send("EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
        _ = driver.take()
        driver.send(text + ".\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nfine\r\n.\r\n")
        let log = driver.take()
        #expect(log.first?.hasPrefix("discard 550 5.6.0") == true)
        #expect(
            log.dropFirst() == [
                "250 2.1.0 Ok", "250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>", "message of 6 for 1",
            ])
        #expect(driver.messages == ["fine\r\n"])
    }

    @Test("NUL passes: RFC 5321 allows it in mail data, and it ends nothing")
    func null() {
        var driver = SessionDriver()
        driver.send("EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\na\0\r\n.\r\n")
        #expect(driver.messages == ["a\0\r\n"])
        #expect(driver.take().last == "message of 4 for 1")
    }

    @Test("content over the limit is drained and refused, one octet less is accepted; stuffing does not count")
    func size() {
        var driver = SessionDriver()
        let open = "EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"
        driver.send(open + "." + String(repeating: ".", count: 998) + "\r\n.\r\n")
        #expect(driver.take().last == "message of 1000 for 1")
        driver.send(open + String(repeating: "x", count: 999) + "\r\n")
        driver.send(String(repeating: "y", count: 5000) + "\r\n.\r\nNOOP\r\n")
        let log = driver.take()
        #expect(log.dropLast().last?.hasPrefix("discard 552 5.3.4") == true)
        #expect(log.last == "250 2.0.0 Ok")
    }

    @Test("an endless line is answered once, dropped, and uses bounded memory")
    func longLine() {
        var driver = SessionDriver()
        for _ in 0..<1000 {
            driver.send(String(repeating: "A", count: 100))
            #expect(driver.heldOctets < 2048)
        }
        driver.send("\nRSET\r\nNOOP\r\n")
        let log = driver.take()
        #expect(log.count == 2)
        #expect(log.first == "500 5.5.2 Line too long")
        #expect(log.last == "250 2.0.0 Ok")
    }

    /// RFC 5321 section 4.5.3.1.4.
    @Test("a line may have 2,048 octets with its end, and no more", arguments: [(2046, "250"), (2047, "500 5.5.2")])
    func lineLimit(length: Int, reply: String) {
        var driver = SessionDriver()
        driver.send("NOOP" + String(repeating: " ", count: length - 4) + "\r\n")
        let log = driver.take()
        #expect(log.count == 1)
        #expect(log.first?.hasPrefix(reply) == true)
    }

    @Test("too many errors end the session, and an accepted message forgives them")
    func errors() {
        var driver = SessionDriver()
        driver.send(String(repeating: "WHAT\r\n", count: 5))
        driver.send("EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n.\r\n")
        driver.send(String(repeating: "WHAT\r\n", count: 5))
        #expect(driver.take().last?.hasPrefix("500") == true)
        driver.send("WHAT\r\nNOOP\r\n")
        let log = driver.take()
        #expect(log == ["close 421 4.7.0 Too many errors, closing the connection"])
    }

    /// RFC 5321 section 4.5.3.1.10.
    @Test("the recipient over the limit is refused for now; duplicates do not count")
    func recipients() {
        var driver = SessionDriver(limits: ServerLimits(maxMessageSize: 9, maxRecipients: 40, maxErrors: 5))
        driver.send("EHLO c.test\r\nMAIL FROM:<>\r\n")
        for _ in 0..<2 {
            for number in 0..<40 { driver.send("RCPT TO:<r\(number)@d.test>\r\n") }
        }
        let accepted = driver.take().filter { $0.hasPrefix("250 2.1.5") }.count
        #expect(accepted == 80)
        driver.send("RCPT TO:<more@d.test>\r\nDATA\r\n.\r\n")
        let log = driver.take()
        #expect(log.first?.hasPrefix("452 4.5.3") == true)
        #expect(log.last == "message of 0 for 40")
    }

    /// RFC 2920 section 3.1.
    @Test("commands pipelined after a MAIL that we refused are not errors, within reason")
    func excused() {
        var session = ServerSession(
            limits: ServerLimits(maxMessageSize: 9, maxRecipients: 3, maxErrors: 2), offer: ServerOffer())
        let line = { (text: String, session: inout ServerSession) in
            Array(text.utf8).withUnsafeBytes { session.advance($0).action }
        }
        _ = line("EHLO c.test\r\n", &session)
        for _ in 0..<10 {
            #expect(line("MAIL FROM:<>\r\n", &session) == .begin)
            _ = session.begin(refusal: .spoolFull)
            for _ in 0..<3 { #expect(line("RCPT TO:<a@b>\r\n", &session) == .reply(.mailFirst)) }
            #expect(line("DATA\r\n", &session) == .reply(.mailFirst))
        }
        for _ in 0..<2 { #expect(line("DATA\r\n", &session) == .reply(.mailFirst)) }
        #expect(line("DATA\r\n", &session) == .close(.tooManyErrors))
    }

    @Test("a refusal at MAIL leaves no transaction")
    func refusal() {
        var session = ServerSession(
            limits: ServerLimits(maxMessageSize: 9, maxRecipients: 3, maxErrors: 5), offer: ServerOffer())
        let line = { (text: String, session: inout ServerSession) in
            Array(text.utf8).withUnsafeBytes { session.advance($0).action }
        }
        #expect(line("EHLO c.test\r\n", &session) == .greet(extended: true))
        #expect(line("MAIL FROM:<>\r\n", &session) == .begin)
        let waits = session.isWaitingForOwner
        #expect(waits)
        #expect(line("RCPT TO:<a@b>\r\n", &session) == .wait)
        let reply = session.begin(refusal: .spoolFull)
        #expect(reply == .spoolFull)
        #expect(line("RCPT TO:<a@b>\r\n", &session) == .reply(.mailFirst))
    }
}
