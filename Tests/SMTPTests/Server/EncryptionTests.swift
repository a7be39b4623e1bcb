import Mail
import Testing

@testable import SMTP

@Suite("From clear text to TLS")
struct EncryptionTests {
    private func driver(_ change: (inout ServerOffer) -> Void = { _ in }) -> SessionDriver {
        SessionDriver {
            $0.startTLS = true
            $0.mechanisms = ["PLAIN"]
            change(&$0)
        }
    }

    /// RFC 3207 section 4.2.
    @Test("after the upgrade nothing said before is known")
    func forgets() {
        var driver = driver()
        driver.send("EHLO c.test\r\nAUTH PLAIN\r\n")
        _ = driver.session.authenticated(user: "someone")
        driver.send("STARTTLS\r\n")
        #expect(driver.take().last == "220 2.0.0 Ready to start TLS")
        var offer = SessionDriver.offer()
        offer.isEncrypted = true
        driver.session.tlsEstablished(offer)
        let (name, user, isExtended) = (driver.session.clientName, driver.session.user, driver.session.isExtended)
        #expect(name.isEmpty && user == nil && !isExtended)
        driver.send("MAIL FROM:<>\r\nEHLO c.test\r\nSTARTTLS\r\nMAIL FROM:<>\r\n")
        let log = driver.take()
        #expect(log == ["503 5.5.1 Send EHLO first", "EHLO c.test", "503 5.5.1 TLS is active already", "250 2.1.0 Ok"])
    }

    /// RFC 3207 section 6.
    @Test("octets after STARTTLS end the session, and none of them is executed", arguments: 1...7)
    func injection(count: Int) {
        var driver = driver()
        driver.send("EHLO c.test\r\nSTARTTLS\r\n" + "RSET\r\n ".prefix(count))
        let log = driver.take()
        #expect(log == ["EHLO c.test", "close 554 5.5.1 Nothing may follow STARTTLS before its reply, closing"])
        driver = self.driver()
        driver.send("EHLO c.test\r\nSTARTTLS\r\n")
        _ = driver.take()
        driver.send("EHLO evil.test\r\n")
        let late = driver.take()
        #expect(late == ["close 554 5.5.1 Nothing may follow STARTTLS before its reply, closing"])
        let name = driver.session.clientName
        #expect(name == "c.test")
    }

    /// RFC 3207 section 4.
    @Test(
        "STARTTLS is allowed in certain states and forms only",
        arguments: [
            ("STARTTLS\r\n", "503 5.5.1"), ("EHLO c\r\nSTARTTLS now\r\n", "501 5.5.4"),
            ("EHLO c\r\nstarttls \r\n", "220 2.0.0"),
            ("EHLO c\r\nMAIL FROM:<>\r\nSTARTTLS\r\n", "503 5.5.1"), ("HELO c\r\nSTARTTLS\r\n", "220 2.0.0"),
        ])
    func place(text: String, reply: String) {
        var driver = driver()
        driver.send(text)
        #expect(driver.take().last?.hasPrefix(reply) == true)
    }

    @Test("if TLS is unavailable the session continues in clear text")
    func unavailable() {
        var session = ServerSession(limits: SessionDriver.limits, offer: SessionDriver.offer { $0.startTLS = true })
        let line = { (text: String, session: inout ServerSession) in
            Array(text.utf8).withUnsafeBytes { session.advance($0).action }
        }
        _ = line("EHLO c.test\r\n", &session)
        #expect(line("STARTTLS\r\n", &session) == .startTLS)
        let reply = session.answerStartTLS(available: false)
        #expect(reply == .tlsUnavailable)
        #expect(line("NOOP\r\n", &session) == .reply(.done))
        var plain = SessionDriver()
        plain.send("EHLO c.test\r\nSTARTTLS\r\n")
        #expect(plain.take().last?.hasPrefix("502") == true)
    }

    /// RFC 3207 section 4.
    @Test(
        "with required TLS nothing else is accepted before",
        arguments: [
            ("NOOP", "250"), ("RSET", "250"), ("HELP", "214"), ("EHLO c", "EHLO"), ("QUIT", "close 221"),
            ("STARTTLS", "220"),
            ("MAIL FROM:<>", "530 5.7.0"), ("RCPT TO:<a@b>", "530 5.7.0"), ("DATA", "530 5.7.0"),
            ("VRFY a", "530 5.7.0"),
            ("AUTH PLAIN", "530 5.7.0"), ("BDAT 0", "discard 530 5.7.0"), ("WHAT", "500"),
        ])
    func required(line: String, reply: String) {
        var driver = driver { $0.requiresTLS = true }
        driver.send("EHLO c.test\r\n\(line)\r\n")
        #expect(driver.take().last?.hasPrefix(reply) == true)
    }

    /// RFC 5321 section 4.1.1.1, RFC 8689 section 2, RFC 9422 section 3.
    @Test("the reply to EHLO lists what is offered, and REQUIRETLS over TLS only")
    func greeting() {
        var offer = SessionDriver.offer {
            $0.startTLS = true
            $0.requireTLS = true
        }
        var limits = SessionDriver.limits
        limits.maxTransactions = 7
        let clear =
            offer.greeting(hostname: "h.test", limits: limits)
            + offer.greetingEnd(at: Timestamp(milliseconds: 1_798_106_400_999))
        #expect(
            clear == """
                250-h.test\r
                250-PIPELINING\r
                250-SIZE 1000\r
                250-8BITMIME\r
                250-STARTTLS\r
                250-CHUNKING\r
                250-BINARYMIME\r
                250-SMTPUTF8\r
                250-DSN\r
                250-MT-PRIORITY\r
                250-LIMITS RCPTMAX=3 MAILMAX=7\r
                250-ENHANCEDSTATUSCODES\r
                250-FUTURERELEASE 2592000 2027-01-23T10:00:00Z\r
                250 HELP\r

                """)
        offer.isEncrypted = true
        offer.mechanisms = ["SCRAM-SHA-256", "PLAIN"]
        let encrypted = offer.greeting(hostname: "h.test", limits: limits)
        #expect(encrypted.contains("250-REQUIRETLS\r\n") && encrypted.contains("250-AUTH SCRAM-SHA-256 PLAIN\r\n"))
        #expect(!encrypted.contains("STARTTLS"))
    }
}
