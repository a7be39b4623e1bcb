import Mail
import Testing

@testable import SMTP

@Suite("Extension parameters")
struct ExtensionParameterTests {
    private static let long = String(repeating: "x", count: 101)

    private func send(_ line: String, mail: String = "MAIL FROM:<>") -> (reply: String, envelope: Envelope) {
        var driver = SessionDriver {
            $0.isEncrypted = true
            $0.requireTLS = true
            $0.mechanisms = ["PLAIN"]
        }
        driver.send("EHLO c.test\r\n")
        if line.hasPrefix("RCPT") { driver.send(mail + "\r\n") }
        driver.send(line + "\r\n")
        return (driver.take().last ?? "", driver.session.envelope)
    }

    /// RFC 1870, RFC 3461 sections 4.3 and 4.4, RFC 4954 section 5, RFC 6152, RFC 6531 section 3.4, RFC 6710 section
    /// 6, RFC 8689 section 2.
    @Test(
        "accepted parameters of MAIL",
        arguments: [
            ("SMTPUTF8", "SMTPUTF8"), ("requiretls", "REQUIRETLS"), ("MT-PRIORITY=-9", "MT-PRIORITY=-9"),
            ("MT-PRIORITY=0", "MT-PRIORITY=0"), ("RET=hdrs ENVID=a+20b", "RET=HDRS ENVID=a+20b"), ("AUTH=<>", ""),
            ("BODY=BINARYMIME", ""), ("RET=FULL SIZE=3 SMTPUTF8 BODY=8BITMIME", "SMTPUTF8 RET=FULL"),
        ])
    func mail(parameters: String, kept: String) {
        let (reply, envelope) = send("MAIL FROM:<a@b> " + parameters)
        #expect(reply == "250 2.1.0 Ok")
        #expect(envelope.options.parameters == kept)
    }

    /// RFC 3461 sections 4.3 and 4.4, RFC 4954 section 5, RFC 6710 section 6.
    @Test(
        "refused parameters of MAIL",
        arguments: [
            "SMTPUTF8=1", "SMTPUTF8 SMTPUTF8", "REQUIRETLS=x", "REQUIRETLS REQUIRETLS", "MT-PRIORITY", "MT-PRIORITY=10",
            "MT-PRIORITY=-0", "MT-PRIORITY=+1", "MT-PRIORITY=-", "MT-PRIORITY=1 MT-PRIORITY=1", "MT-PRIORITY=00",
            "RET=NONE",
            "RET", "RET=FULL RET=FULL", "ENVID", "ENVID=a ENVID=a", "ENVID=+0D+0A", "ENVID=+00", "ENVID=+7F",
            "ENVID=a+2",
            "ENVID=+2b", "ENVID=a+", "ENVID=\(long)", "ENVID=\u{e4}", "AUTH", "AUTH=+0A", "AUTH=a AUTH=a", "BODY",
            "BODY=",
        ])
    func badMail(parameters: String) {
        #expect(send("MAIL FROM:<a@b> " + parameters).reply.hasPrefix("501 5.5.4"))
    }

    /// RFC 4865 section 3.
    @Test(
        "when MAIL wants a message sent",
        arguments: [
            ("HOLDFOR=1", .after(.seconds(1))), ("holdfor=999999999 SIZE=3", .after(.seconds(999_999_999))),
            ("HOLDUNTIL=2026-11-21T10:00:00Z", .at(Timestamp(milliseconds: 1_795_255_200_000))),
            ("HoldUntil=2026-11-21T11:30:00.25+01:30", .at(Timestamp(milliseconds: 1_795_255_200_250))),
            ("SIZE=3", nil),
        ] as [(String, ReleaseRequest?)])
    func release(parameters: String, request: ReleaseRequest?) {
        let (reply, envelope) = send("MAIL FROM:<a@b> " + parameters)
        #expect(reply == "250 2.1.0 Ok")
        #expect(envelope.release == request)
        #expect(envelope.options == .none)
    }

    @Test("the next transaction is sent at once")
    func nextRelease() {
        var driver = SessionDriver()
        driver.send("EHLO c.test\r\nMAIL FROM:<> HOLDFOR=60\r\n")
        #expect(driver.session.envelope.release == .after(.seconds(60)))
        driver.send("RSET\r\nMAIL FROM:<>\r\n")
        #expect(driver.session.envelope.release == nil)
    }

    @Test(
        "refused times",
        arguments: [
            "HOLDFOR", "HOLDFOR=", "HOLDFOR=0", "HOLDFOR=01", "HOLDFOR=-1", "HOLDFOR=+1", "HOLDFOR=1.5", "HOLDFOR=1s",
            "HOLDFOR=1000000000", "HOLDFOR=1 HOLDFOR=1", "HOLDFOR=1 HOLDUNTIL=2026-11-21T10:00:00Z",
            "HOLDUNTIL=2026-11-21T10:00:00Z HOLDFOR=1", "HOLDUNTIL", "HOLDUNTIL=1795255200",
            "HOLDUNTIL=2026-11-21T10:00:00", "HOLDUNTIL=2026-11-21", "HOLDUNTIL=2026-02-29T10:00:00Z",
        ])
    func badRelease(parameters: String) {
        #expect(send("MAIL FROM:<a@b> " + parameters).reply.hasPrefix("501 5.5.4"))
    }

    /// RFC 3461 sections 4, 4.1 and 4.2.
    @Test(
        "accepted parameters of RCPT",
        arguments: [
            ("NOTIFY=never", "NOTIFY=NEVER"), ("NOTIFY=delay,success", "NOTIFY=SUCCESS,DELAY"),
            ("ORCPT=rfc822;a+2Bb@c", "ORCPT=rfc822;a+2Bb@c"), ("ORCPT=utf-8;\\x{E4}b@c", "ORCPT=utf-8;\\x{E4}b@c"),
            (
                "ORCPT=utf-8;a\\x{5C}\\x{2B}\\x{1F600}@c NOTIFY=FAILURE",
                "NOTIFY=FAILURE ORCPT=utf-8;a\\x{5C}\\x{2B}\\x{1F600}@c"
            ),
        ])
    func recipient(parameters: String, kept: String) {
        let (reply, envelope) = send("RCPT TO:<a@b> " + parameters)
        #expect(reply == "250 2.1.5 Ok")
        #expect(envelope.recipientOptions.map(\.parameters) == [kept])
    }

    @Test(
        "refused parameters of RCPT",
        arguments: [
            "NOTIFY", "NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=SUCCESS,SUCCESS", "NOTIFY=DELAY,",
            "NOTIFY=NEVER NOTIFY=NEVER",
            "NOTIFY=SOMETIMES", "ORCPT=rfc822", "ORCPT=;a", "ORCPT=rfc822;", "ORCPT=rf c;a", "ORCPT=rfc822;a+0D+0ADATA",
            "ORCPT=rfc822;+0a", "ORCPT=rfc822;a ORCPT=rfc822;a", "ORCPT=rfc822;\(String(repeating: "x", count: 494))",
            "ORCPT=utf-8;\u{e4}", "ORCPT=utf-8;\\x{A}", "ORCPT=utf-8;\\x{0D}", "ORCPT=utf-8;\\x{D800}",
            "ORCPT=utf-8;\\x{0E4}", "ORCPT=utf-8;\\x{e4}", "ORCPT=utf-8;\\x{85}", "ORCPT=utf-8;\\x{202E}",
            "ORCPT=utf-8;\\",
            "ORCPT=utf-8;\\x{E4", "ORCPT=utf-8;a+2B",
        ])
    func badRecipient(parameters: String) {
        #expect(send("RCPT TO:<a@b> " + parameters).reply.hasPrefix("501 5.5.4"))
    }

    /// RFC 6533 section 3.
    @Test("with SMTPUTF8 an original recipient may be unencoded, but must not hide a line end or reverse the text")
    func unencoded() {
        let mail = "MAIL FROM:<> SMTPUTF8"
        #expect(send("RCPT TO:<a@b> ORCPT=utf-8;\u{e4}@c", mail: mail).reply.hasPrefix("250"))
        for character in ["\u{85}", "\u{2028}", "\u{202E}", "\u{FEFF}"] {
            #expect(send("RCPT TO:<a@b> ORCPT=utf-8;\(character)@c", mail: mail).reply.hasPrefix("501 5.5.4"))
        }
    }

    @Test("options are kept per recipient, in the order of the recipients")
    func places() {
        var driver = SessionDriver()
        driver.send(
            "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d> NOTIFY=NEVER\r\nRCPT TO:<e@f>\r\nRCPT TO:<a@b> NOTIFY=DELAY\r\n"
        )
        let envelope = driver.session.envelope
        #expect(envelope.recipients.count == 3)
        #expect(envelope.recipientOptions.map(\.parameters) == ["", "NOTIFY=NEVER", ""])
        driver.send("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n")
        let next = driver.session.envelope
        #expect(next.recipientOptions.isEmpty)
    }

    /// RFC 5321 section 4.1.1.11.
    @Test(
        "parameters that are not offered are unknown",
        arguments: [
            "MAIL FROM:<> SMTPUTF8", "MAIL FROM:<> RET=FULL", "MAIL FROM:<> MT-PRIORITY=1", "MAIL FROM:<> REQUIRETLS",
            "MAIL FROM:<> AUTH=<>", "MAIL FROM:<> HOLDFOR=1", "MAIL FROM:<> HOLDUNTIL=2026-11-29T10:00:00Z",
            "RCPT TO:<a@b> NOTIFY=NEVER",
        ])
    func notOffered(line: String) {
        var session = ServerSession(limits: SessionDriver.limits, offer: ServerOffer())
        var step: ServerAction = .wait
        for text in ["EHLO c\r\n"] + (line.hasPrefix("RCPT") ? ["MAIL FROM:<>\r\n"] : []) + [line + "\r\n"] {
            step = Array(text.utf8).withUnsafeBytes { session.advance($0).action }
            if step == .begin { _ = session.begin(refusal: nil) }
        }
        #expect(step == .reply(.unknownParameter))
    }

    /// RFC 6710 section 4.1.
    @Test("a priority that may not be raised is lowered, and the reply says so")
    func priority() {
        var session = ServerSession(limits: SessionDriver.limits, offer: SessionDriver.offer())
        for text in ["EHLO c\r\n", "MAIL FROM:<> MT-PRIORITY=4\r\n"] {
            _ = Array(text.utf8).withUnsafeBytes { session.advance($0).action }
        }
        session.lowerPriority()
        let (reply, priority) = (session.begin(refusal: nil), session.envelope.options.transferPriority)
        #expect(reply == .priorityLowered)
        #expect(priority == 0)
    }

    /// RFC 9422 sections 3 and 4.1.
    @Test("a transaction over the limit ends the session")
    func transactions() {
        var limits = SessionDriver.limits
        limits.maxTransactions = 2
        var driver = SessionDriver(limits: limits)
        driver.send("EHLO c\r\n" + String(repeating: "MAIL FROM:<>\r\nRSET\r\n", count: 3))
        #expect(driver.take().last?.hasPrefix("close 421 4.5.3") == true)
    }
}
