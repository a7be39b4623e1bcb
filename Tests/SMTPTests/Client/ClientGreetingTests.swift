import Mail
import NIOCore
import SMTP
import Testing

/// RFC 3207 sections 4, 4.2 and 6; RFC 4954 section 4; RFC 4422 section 3.1; RFC 7435 section 3; RFC 8314 section 3.
@Suite("The start of a client session")
struct ClientGreetingTests {
    private let ehlo = "250-mx.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
    private let plain = "250-mx.test\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n"

    @Test(
        "STARTTLS: everything learned before is discarded, and EHLO is sent again",
        arguments: ["starttls", "opportunistic"])
    func startTLS(word: String) throws {
        let play = Play(ClientSecurity(tls: try #require(.init(rawValue: word))))
        #expect(play.receive("220 up\r\n") == ["EHLO relay.test"])
        #expect(play.receive(ehlo) == ["STARTTLS"])
        #expect(play.phase == .startTLS)
        #expect(play.server("220 go") == ["(upgrade)"])
        #expect(play.phase == .tls)
        #expect(!play.isEncrypted)
        #expect(play.tlsEstablished() == ["EHLO relay.test"])
        #expect(play.isEncrypted)
        #expect(play.capabilities == UpstreamCapabilities())
        #expect(play.server("250 mx.test") == ["(ready)"])
        #expect(!play.capabilities.pipelining)
    }

    @Test("the server's output leads to the same session at every split")
    func everySplit() {
        let server = ["220 mx.test\r\n", ehlo, "220 go\r\n", plain, "334 \r\n", "235 2.7.0 ok\r\n"]
        let octets = server.joined().utf8.count
        for cut in 0...octets {
            let play = Play(ClientSecurity(tls: .starttls, authenticates: true))
            var (heard, seen): ([String], Int) = ([], 0)
            for part in server {
                // A split within this part; what follows STARTTLS comes under TLS, and so never in one piece with it.
                let bytes = Array(part.utf8)
                let split = min(max(cut - seen, 0), bytes.count)
                seen += bytes.count
                for piece in [bytes[..<split], bytes[split...]] where !piece.isEmpty {
                    let words = play.receive(String(decoding: piece, as: UTF8.self))
                    heard += words
                    if words.last == "(upgrade)" { heard += play.tlsEstablished() }
                    if words.last == "(authenticate)" { heard += play.authenticate("PLAIN") }
                    if words.last == "(challenge )" { heard += play.respond("\0u\0p") }
                }
            }
            #expect(
                heard == [
                    "EHLO relay.test", "STARTTLS", "(upgrade)", "EHLO relay.test", "(authenticate)", "AUTH PLAIN",
                    "(challenge )", "AHUAcA==", "(ready)",
                ], "cut at \(cut)")
        }
    }

    @Test(
        "octets after the reply to STARTTLS are an injection",
        arguments: ["250 x\r\n", "2", "220 go\r\n", "250-mx\r\n250 AUTH PLAIN\r\n", "\r\n", "\u{16}\u{3}\u{1}"])
    func injection(behind: String) {
        for use in [ClientSecurity.TLSUse.starttls, .opportunistic] {
            let play = Play(ClientSecurity(tls: use))
            _ = play.receive("220 up\r\n" + ehlo)
            #expect(play.receive("220 go\r\n" + behind).first == "(injection)")
        }
    }

    @Test("a reply during the handshake is not a reply")
    func replyInHandshake() {
        let play = Play(ClientSecurity(tls: .starttls))
        _ = play.receive("220 up\r\n" + ehlo)
        _ = play.server("220 go")
        #expect(play.server("250 mx.test") == ["(confused at tls: 250)"])
    }

    @Test(
        "with TLS required nothing but EHLO is sent in clear text",
        arguments: [
            ("250 mx.test\r\n", "(unavailable at starttls: the server does not offer STARTTLS)"),
            ("250-mx.test\r\n250 AUTH PLAIN\r\n", "(unavailable at starttls: the server does not offer STARTTLS)"),
            ("502 what\r\n", "(unavailable at starttls: the server supports neither EHLO nor STARTTLS: 502 what)"),
            ("250-mx.test\r\n250 STARTTLS\r\n454 4.7.0 not now\r\n", "(refused at starttls: 454)"),
            ("250-mx.test\r\n250 STARTTLS\r\n501 no\r\n", "(refused at starttls: 501)"),
            ("250-mx.test\r\n250 STARTTLS\r\n250 sure\r\n", "(confused at starttls: 250)"),
            ("250-mx.test\r\n250 STARTTLS\r\n354 go\r\n", "(confused at starttls: 354)"),
        ])
    func required(replies: String, end: String) {
        let play = Play(ClientSecurity(tls: .starttls, authenticates: true, authenticatesInClear: true))
        let heard = play.receive("220 up\r\n" + replies)
        #expect(heard.last == end)
        #expect(!play.isReady)
        #expect(["EHLO relay.test\r\n", "EHLO relay.test\r\nSTARTTLS\r\n"].contains(play.transcript))
    }

    @Test(
        "with opportunistic TLS mail goes without it",
        arguments: [
            "250 mx.test", "250-mx.test\r\n250 STARTTLS\r\n454 4.7.0 not now", "250-x\r\n250 STARTTLS\r\n502 no",
        ])
    func opportunistic(replies: String) {
        let play = Play(ClientSecurity(tls: .opportunistic))
        #expect(play.server("220 up", replies).last == "(ready)")
        let credentials = Play(ClientSecurity(tls: .opportunistic, authenticates: true))
        #expect(
            credentials.server("220 up", replies).last
                == "(unavailable at auth: the session is not encrypted, and credentials must not be sent in clear text)"
        )
    }

    @Test("421 to STARTTLS ends the session in any mode")
    func closing() {
        let play = Play(ClientSecurity(tls: .opportunistic))
        #expect(play.server("220 up", "250-x\r\n250 STARTTLS", "421 bye").last == "(refused at starttls: 421)")
    }

    @Test("STARTTLS is not sent if TLS is off, nor a second time under TLS")
    func notAsked() {
        let off = Play()
        #expect(off.receive("220 up\r\n" + ehlo).last == "(ready)")
        let play = Play(ClientSecurity(tls: .starttls))
        _ = play.receive("220 up\r\n" + ehlo)
        _ = play.server("220 go")
        _ = play.tlsEstablished()
        #expect(play.receive(ehlo) == ["(ready)"])
    }

    @Test("with implicit TLS the banner follows the handshake")
    func implicit() {
        let play = Play(ClientSecurity(tls: .implicit))
        #expect(play.phase == .tls)
        #expect(play.server("220 in clear text") == ["(confused at tls: 220)"])
        let encrypted = Play(ClientSecurity(tls: .implicit))
        #expect(encrypted.tlsEstablished() == [])
        #expect(encrypted.phase == .banner)
        #expect(encrypted.server("220 up", "250-x\r\n250 STARTTLS") == ["EHLO relay.test", "(ready)"])
        #expect(encrypted.isEncrypted)
    }

    // MARK: - AUTH

    private func asked(_ mechanisms: String = "AUTH PLAIN LOGIN") -> Play {
        let play = Play(ClientSecurity(tls: .off, authenticates: true, authenticatesInClear: true))
        #expect(play.server("220 up", "250-x\r\n250 \(mechanisms)").last == "(authenticate)")
        #expect(play.phase == .auth)
        return play
    }

    @Test("an initial response is sent with the command, an empty one as an equals sign")
    func initialResponse() {
        #expect(asked().authenticate("PLAIN", "\0u\0p") == ["AUTH PLAIN AHUAcA=="])
        #expect(asked().authenticate("EXTERNAL", "") == ["AUTH EXTERNAL ="])
        #expect(asked().authenticate("LOGIN") == ["AUTH LOGIN"])
    }

    @Test("an initial response too long for the command answers the empty challenge")
    func longInitialResponse() {
        // "AUTH PLAIN " and CRLF leave 499 octets; 372 octets fit in base 64 (496), but 375 (500) do not.
        #expect(asked().authenticate("PLAIN", String(repeating: "x", count: 372))[0].utf8.count == 11 + 496)
        let long = String(repeating: "x", count: 375)
        let play = asked()
        #expect(play.authenticate("PLAIN", long) == ["AUTH PLAIN"])
        #expect(play.server("334 ") == [Base64.encode(long.utf8)])
        #expect(play.server("235 fine") == ["(ready)"])
        let early = asked()
        _ = early.authenticate("PLAIN", long)
        #expect(early.server("235 fine") == ["(confused at auth: 235)"])
        let odd = asked()
        _ = odd.authenticate("PLAIN", long)
        #expect(odd.server("334 eA==") == ["*"])
    }

    @Test("challenges and responses, then mail")
    func challenges() {
        let play = asked()
        _ = play.authenticate("LOGIN")
        #expect(play.server("334 VXNlcm5hbWU6") == ["(challenge Username:)"])
        #expect(play.respond("u") == ["dQ=="])
        #expect(play.server("334 UGFzc3dvcmQ6") == ["(challenge Password:)"])
        #expect(play.respond("p") == ["cA=="])
        #expect(play.server("235 2.7.0 in") == ["(ready)"])
        #expect(play.isIdle)
    }

    @Test(
        "a challenge that is not base 64 cancels, and the reply to that ends the session",
        arguments: ["334 !!", "334 dQ", "334 dR==", "334-dQ==\r\n334 dQ==", "334 dQ==dQ=="])
    func undecodable(reply: String) {
        let play = asked()
        _ = play.authenticate("LOGIN")
        #expect(play.server(reply) == ["*"])
        #expect(play.server("501 5.7.0 cancelled") == ["(refused at auth: 501)"])
    }

    @Test("after cancelling, a 235 does not count")
    func cancels() {
        let play = asked()
        _ = play.authenticate("LOGIN")
        _ = play.server("334 dQ==")
        #expect(play.respond(nil) == ["*"])
        #expect(play.server("235 come in") == ["(refused at auth: 235)"])
        #expect(!play.isReady)
    }

    @Test("a login that is refused for now ends the session", arguments: [421, 451, 454])
    func refused(code: Int) {
        let play = asked()
        _ = play.authenticate("PLAIN", "x")
        #expect(play.server("\(code) no") == ["(refused at auth: \(code))"])
    }

    /// RFC 4954 sections 4 and 6.
    @Test(
        "a login that is refused for good may be followed by one with another mechanism",
        arguments: [432, 500, 504, 530, 534, 535, 538, 554])
    func otherMechanism(code: Int) {
        let play = asked()
        _ = play.authenticate("PLAIN", "x")
        #expect(play.server("\(code) no") == ["(login refused: \(code))"])
        #expect(play.phase == .auth && !play.isReady)
        #expect(play.authenticate("LOGIN") == ["AUTH LOGIN"])
        #expect(play.server("334 VXNlcm5hbWU6") == ["(challenge Username:)"])
        #expect(play.respond("u") == ["dQ=="])
        #expect(play.server("535 no") == ["(login refused: 535)"])
        #expect(play.server("421 bye") == ["(refused at auth: 421)"])
    }

    @Test("a reply between two logins answers nothing", arguments: [235, 250, 535])
    func betweenLogins(code: Int) {
        let play = asked()
        _ = play.authenticate("PLAIN", "x")
        _ = play.server("535 no")
        #expect(play.server("\(code) well") == ["(confused at auth: \(code))"])
        #expect(!play.isReady)
    }

    @Test("a blank behind a challenge is not part of it")
    func blankBehindChallenge() {
        let play = asked()
        _ = play.authenticate("LOGIN")
        #expect(play.server("334 VXNlcm5hbWU6 ") == ["(challenge Username:)"])
    }

    @Test("a nonsensical reply to AUTH ends the session", arguments: [250, 220, 354])
    func confused(code: Int) {
        let play = asked()
        _ = play.authenticate("PLAIN", "x")
        #expect(play.server("\(code) sure") == ["(confused at auth: \(code))"])
    }

    @Test("a server that sends challenges forever is abandoned")
    func endless() {
        let play = asked()
        _ = play.authenticate("LOGIN")
        for _ in 0..<8 {
            #expect(play.server("334 dQ==") == ["(challenge u)"])
            _ = play.respond("x")
        }
        #expect(play.server("334 dQ==") == ["(unavailable at auth: the server keeps asking after 8 challenges)"])
    }

    @Test("a server without AUTH is unusable if a login is required")
    func notOffered() {
        let play = Play(ClientSecurity(tls: .off, authenticates: true, authenticatesInClear: true))
        #expect(play.server("220 up", "250 x").last == "(unavailable at auth: the server does not offer AUTH)")
        let old = Play(ClientSecurity(tls: .off, authenticates: true, authenticatesInClear: true))
        #expect(
            old.server("220 up", "500 what", "250 x").last == "(unavailable at auth: the server does not offer AUTH)")
    }

    @Test("an endless reply to EHLO is cut off")
    func endlessEHLO() throws {
        var parser = ReplyParser()
        #expect(throws: ReplySyntaxError.self) {
            for _ in 0..<100_000 {
                var line = ByteBuffer(string: "250-AUTH \(String(repeating: "X", count: 80))\r\n")
                _ = try parser.next(&line)
            }
        }
    }
}
