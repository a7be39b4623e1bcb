import Testing

@testable import SMTP

/// RFC 4954.
@Suite("The AUTH exchange")
struct AuthenticationTests {
    private func driver(_ change: (inout ServerOffer) -> Void = { _ in }) -> SessionDriver {
        var driver = SessionDriver {
            $0.mechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"]
            change(&$0)
        }
        driver.send("EHLO c.test\r\n")
        _ = driver.take()
        return driver
    }

    @Test(
        "the command",
        arguments: [
            ("AUTH PLAIN AGEAYg==", "auth PLAIN \0a\0b"), ("auth plain", "auth PLAIN -"),
            ("AUTH LOGIN =", "auth LOGIN "),
            ("AUTH scram-sha-256 biws", "auth SCRAM-SHA-256 n,,"), ("AUTH", "501 5.5.4"),
            ("AUTH PLAIN AGEAYg", "501 5.5.2"),
            ("AUTH PLAIN AGEAYh==", "501 5.5.2"), ("AUTH PLAIN a b", "501 5.5.4"), ("AUTH PLAIN *", "501 5.5.2"),
            ("AUTH CRAM-MD5", "504 5.5.4"), ("AUTH PLAIN-OR-WHAT-IS-THAT", "501 5.5.4"), ("AUTH PL,AIN", "501 5.5.4"),
        ])
    func command(line: String, expected: String) {
        var driver = driver()
        driver.send(line + "\r\n")
        #expect(driver.take().first?.hasPrefix(expected) == true)
    }

    /// RFC 4954 section 4.
    @Test("an exchange of challenges and responses; nothing pipelined is executed before its end")
    func exchange() {
        var driver = driver()
        driver.send("AUTH LOGIN\r\nYQ==\r\nYg==\r\nNOOP\r\n")
        #expect(driver.take() == ["auth LOGIN -"])
        #expect(driver.session.challenge(Array("Username:".utf8)) == "334 VXNlcm5hbWU6\r\n")
        driver.send("")
        #expect(driver.take() == ["response a"])
        #expect(driver.session.challenge([]) == "334 \r\n")
        driver.send("")
        #expect(driver.take() == ["response b"])
        let reply = driver.session.authenticated(user: "a")
        #expect(reply == .authenticated)
        driver.send("AUTH PLAIN\r\n")
        let (user, response) = (driver.session.user, driver.session.response)
        #expect(user == "a" && response == nil)
        #expect(driver.take() == ["250 2.0.0 Ok", "503 5.5.1 Authenticated already"])
    }

    @Test(
        "an invalid response ends the exchange, and the rest of its line is not a command",
        arguments: [
            ("*\r\n", "ended 501 5.7.0"), ("a b\r\n", "ended 501 5.5.2"), ("YQ=\r\n", "ended 501 5.5.2"),
            ("YQ==\nRSET\r\n", "ended 500 5.5.2"), (String(repeating: "A", count: 12_287) + "\r\n", "ended 500 5.5.6"),
        ])
    func broken(response: String, expected: String) {
        var driver = driver()
        driver.send("AUTH LOGIN\r\n")
        _ = driver.session.challenge([])
        driver.send(response + "NOOP\r\n")
        let log = driver.take()
        #expect(log.count == 3)
        #expect(log[1].hasPrefix(expected))
        #expect(log[2] == "250 2.0.0 Ok")
    }

    /// RFC 4954 section 4.
    @Test("a response may have 12,288 octets with its line end")
    func longResponse() {
        var driver = driver()
        driver.send("AUTH LOGIN\r\n")
        _ = driver.session.challenge([])
        driver.send(String(repeating: "A", count: 12_284) + "\r\n")
        let count = driver.session.response?.count
        #expect(count == 12_284 / 4 * 3)
    }

    @Test("three failures of any kind end the session")
    func loop() {
        var driver = driver()
        driver.send("AUTH PLAIN AGEAYg==\r\n")
        let first = driver.session.authenticationFailed(.authenticationFailed)
        #expect(first == .reply(.authenticationFailed))
        driver.send("AUTH LOGIN\r\n")
        _ = driver.session.challenge([])
        driver.send("*\r\nAUTH PLAIN AGEAYg==\r\n")
        let last = driver.session.authenticationFailed(.authenticationUnavailable)
        #expect(last == .close(.tooManyAuthenticationFailures))
        _ = driver.take()
        driver.send("NOOP\r\n")
        #expect(driver.take().isEmpty)
    }

    @Test(
        "AUTH is allowed in certain states only",
        arguments: [
            ("MAIL FROM:<>\r\nAUTH PLAIN\r\n", "503 5.5.1"), ("HELO c\r\nAUTH PLAIN\r\n", "503 5.5.1"),
            ("AUTH PLAIN\r\n", "auth PLAIN"),
        ])
    func place(text: String, expected: String) {
        var driver = driver()
        driver.send(text)
        #expect(driver.take().last?.hasPrefix(expected) == true)
    }

    @Test("mechanisms that need TLS, and no mechanisms")
    func withoutMechanisms() {
        var hidden = driver {
            $0.mechanisms = []
            $0.hidesMechanisms = true
        }
        hidden.send("AUTH PLAIN AGEAYg==\r\n")
        #expect(hidden.take() == ["538 5.7.11 Encryption required for authentication"])
        var none = driver { $0.mechanisms = [] }
        none.send("AUTH PLAIN AGEAYg==\r\nMAIL FROM:<> AUTH=<>\r\n")
        #expect(none.take().map { String($0.prefix(9)) } == ["502 5.5.1", "555 5.5.4"])
    }

    /// RFC 4954 section 6.
    @Test("with required authentication, no mail before it")
    func required() {
        var driver = driver { $0.requiresAuthentication = true }
        driver.send("MAIL FROM:<>\r\nVRFY a\r\nNOOP\r\nRCPT TO:<a@b>\r\nAUTH PLAIN\r\n")
        #expect(
            driver.take().map { String($0.prefix(9)) } == [
                "530 5.7.0", "530 5.7.0", "250 2.0.0", "503 5.5.1", "auth PLAI",
            ])
        _ = driver.session.authenticated(user: "a")
        driver.send("MAIL FROM:<a@b> AUTH=e+3Dmc2@example.com\r\n")
        #expect(driver.take() == ["250 2.1.0 Ok"])
    }
}
