import Mail
import Mailbox
import Testing

/// RFC 9051 sections 6.2.1 to 6.2.3, 7.1 and 11.1; RFC 8314 section 3; RFC 4616, RFC 7628.
@Suite("The login to IMAP servers")
struct IMAPLoginTests {
    private let capability = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN LOGINDISABLED] ready\r\n"

    @Test("STARTTLS: what was learned in clear text is forgotten, and asked anew")
    func startTLS() {
        let play = IMAPPlay(.starttls, inClear: false)
        play.receive(capability)
        play.receive("A1 OK begin\r\n")
        #expect(play.events == ["startTLS"])
        #expect(!play.isEncrypted)
        play.act(["tls"])
        #expect(play.isEncrypted)
        #expect(play.capabilities.mechanisms.isEmpty)
        play.receive("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA2 OK done\r\n")
        #expect(play.lines == ["A1 STARTTLS", "A2 CAPABILITY"])
        #expect(play.events == ["startTLS", "authenticate XOAUTH2 +password +tls"])
    }

    @Test(
        "octets behind the answer to STARTTLS are an injection, in one piece with it or not",
        arguments: ["* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "*", "\r\n", "A2 OK done\r\n"])
    func injection(text: String) {
        for isOnePiece in [true, false] {
            let play = IMAPPlay(.starttls)
            play.receive(capability)
            if isOnePiece {
                play.receive("A1 OK begin\r\n\(text)")
            } else {
                play.receive("A1 OK begin\r\n")
                play.receive(text)
            }
            #expect(play.events == ["startTLS", "failed protocol injection"])
            #expect(play.isOver)
        }
    }

    @Test(
        "a server without STARTTLS gets no login where it is required",
        arguments: ["* OK hi\r\n", "* OK [ALERT] x\r\n"])
    func noStartTLS(greeting: String) {
        let play = IMAPPlay(.starttls)
        play.receive(greeting)
        play.receive("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA1 OK done\r\n")
        #expect(play.events == ["failed refusal no_tls"])
    }

    @Test("STARTTLS that is refused ends the session", arguments: ["NO not now", "BAD what"])
    func refusedStartTLS(answer: String) {
        let play = IMAPPlay(.starttls)
        play.receive(capability)
        play.receive("A1 \(answer)\r\n")
        #expect(play.events == ["failed refusal no_tls"])
    }

    @Test("PREAUTH leaves no way to STARTTLS, and is an end where that is required")
    func preauth() {
        let play = IMAPPlay(.starttls)
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n")
        #expect(play.events == ["failed refusal no_tls"])
    }

    @Test("under implicit TLS the server speaks first, and nothing is believed before")
    func implicit() {
        let play = IMAPPlay(.implicit, inClear: false)
        #expect(play.deadline == nil)
        play.act(["tls"])
        play.receive("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
        #expect(play.events == ["authenticate PLAIN +password +tls"])
        let early = IMAPPlay(.implicit)
        early.receive("* OK hi\r\n")
        #expect(early.events == ["failed protocol injection"])
    }

    @Test("credentials do not go in clear text unless that is allowed")
    func clearText() {
        let play = IMAPPlay(.off, inClear: false)
        play.receive("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
        #expect(play.events == ["failed authentication clear_text"])
        #expect(play.written.isEmpty)
    }

    @Test("LOGIN is not sent where the server disables it")
    func loginDisabled() {
        let play = IMAPPlay(.off)
        play.receive(capability)
        #expect(play.events == ["authenticate PLAIN"])
        play.act(["login", "u", "p"])
        #expect(play.events.last == "loginRefused authentication login_refused")
        #expect(play.written.isEmpty)
    }

    @Test("a NUL cannot be sent")
    func nul() {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        play.act(["login", "u", "p\0"])
        #expect(play.events.last == "loginRefused authentication login_refused")
    }

    /// By response codes of RFC 5530.
    @Test(
        "whose fault a refused login is",
        arguments: [
            ("NO [AUTHENTICATIONFAILED] no", "authentication login_refused [AUTHENTICATIONFAILED]"),
            ("NO [UNAVAILABLE] later", "refusal unavailable [UNAVAILABLE]"),
            ("NO [INUSE] locked", "refusal unavailable [INUSE]"),
            ("NO [EXPIRED] too old", "authentication login_refused [EXPIRED]"),
            ("NO sorry", "authentication login_refused"), ("BAD syntax", "authentication login_refused"),
        ])
    func refusals(answer: String, error: String) {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        play.act(["login", "u", "secret"])
        play.receive("A1 \(answer)\r\n")
        #expect(play.events.last == "loginRefused \(error)")
        #expect(!play.isOver)
    }

    @Test("an answer that repeats the password is not shown")
    func echo() throws {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        play.act(["login", "u", "secret"])
        play.receive("A1 BAD what is LOGIN u secret\r\n")
        let error = try #require(play.errors.last)
        #expect(!error.description.contains("secret"))
    }

    @Test("what a server says about a token is shown, unless it repeats it")
    func explanation() throws {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n")
        play.act(["xoauth2", "u", "t0k3n"])
        play.receive("+ eyJzdGF0dXMiOiI0MDAifQ==\r\nA1 NO no\r\n")
        let error = try #require(play.errors.last)
        #expect(error.description == "the server refuses the login, which it explains as {\"status\":\"400\"}: no")
        play.act(["xoauth2", "u", "t0k3n"])
        play.receive("+ \(Base64.encode("user=u\u{1}auth=Bearer t0k3n\u{1}\u{1}".utf8))\r\nA2 NO no\r\n")
        #expect(!(try #require(play.errors.last).description.contains("t0k3n")))
    }

    @Test("success before the server has proved itself ends the session")
    func unproven() {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] ready\r\n")
        play.act(["scram"])
        play.receive("A1 OK welcome\r\n")
        #expect(play.events.last == "failed authentication server_unproven")
    }

    @Test("a challenge that is no Base64, or one too many, cancels the login")
    func badChallenges() {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] ready\r\n")
        play.act(["scram"])
        play.receive("+ !!\r\n")
        play.receive("A1 BAD cancelled\r\n")
        play.act(["plain", "u", "p"])
        play.receive("+ \r\n")
        play.receive("A2 BAD cancelled\r\n")
        #expect(
            play.lines == [
                "A1 AUTHENTICATE SCRAM-SHA-256 biwsbj11LHI9Yw==", "*", "A2 AUTHENTICATE PLAIN AHUAcA==", "*",
            ])
        #expect(
            play.events.suffix(2) == ["loginRefused authentication challenge", "loginRefused authentication challenge"])
    }

    @Test("a response that comes after the server has given up is dropped")
    func lateResponse() {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] ready\r\n")
        play.act(["slow"])
        play.receive("+ cg==\r\nA1 NO [UNAVAILABLE] took too long\r\n")
        let written = play.written
        play.act(["respond", "late"])
        #expect(play.written == written)
        #expect(play.events.suffix(2) == ["challenge r", "loginRefused refusal unavailable [UNAVAILABLE]"])
    }

    @Test(
        "greetings that are an end",
        arguments: [
            ("* BYE too many connections\r\n", "failed refusal bye"),
            ("* BYE [UNAVAILABLE] later\r\n", "failed refusal unavailable [UNAVAILABLE]"),
            ("* NO no\r\n", "failed protocol unexpected"), ("+OK POP3\r\n", "failed protocol unexpected"),
            ("220 smtp\r\n", "failed protocol syntax"),
            ("* OK [CAPABILITY IMAP2] old\r\n", "failed refusal unsupported"),
        ])
    func greetings(text: String, event: String) {
        let play = IMAPPlay()
        play.receive(text)
        #expect(play.events == [event])
    }
}
