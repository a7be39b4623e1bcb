import Mailbox
import Testing

/// RFC 1939, RFC 2449 section 8, RFC 2595 section 4, RFC 8314 section 3.
@Suite("What POP3 servers may do, and what they cannot")
struct POP3SessionTests {
    private let capabilities = "+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n"

    private func loggedIn(_ limits: MailboxLimits = MailboxLimits(), capabilities: String = "USER\r\n") -> POP3Play {
        let play = POP3Play(.off, limits)
        play.receive("+OK hi\r\n+OK\r\n\(capabilities).\r\n")
        play.act(["login", "u", "secret"])
        play.receive("+OK\r\n+OK in\r\n")
        return play
    }

    // MARK: - TLS

    @Test("STLS: what was learned in clear text is forgotten, and asked anew")
    func startTLS() {
        let play = POP3Play(.starttls, inClear: false)
        play.receive("+OK hi\r\n\(capabilities)+OK begin\r\n")
        #expect(play.events == ["startTLS"])
        play.act(["tls"])
        #expect(play.capabilities.mechanisms.isEmpty)
        play.receive("+OK\r\nSASL XOAUTH2\r\n.\r\n")
        #expect(play.lines == ["CAPA", "STLS", "CAPA"])
        #expect(play.events == ["startTLS", "authenticate XOAUTH2 +tls"])
    }

    @Test("octets behind the answer to STLS are an injection", arguments: ["+OK\r\n", "+", "\r\n"])
    func injection(text: String) {
        for isOnePiece in [true, false] {
            let play = POP3Play(.starttls)
            play.receive("+OK hi\r\n\(capabilities)")
            if isOnePiece {
                play.receive("+OK begin\r\n\(text)")
            } else {
                play.receive("+OK begin\r\n")
                play.receive(text)
            }
            #expect(play.events == ["startTLS", "failed protocol injection"])
        }
    }

    @Test("no login where TLS is required and not to be had", arguments: ["-ERR no CAPA\r\n", "+OK\r\nUSER\r\n.\r\n"])
    func noTLS(answer: String) {
        let play = POP3Play(.starttls)
        play.receive("+OK hi\r\n\(answer)")
        #expect(play.events == ["failed refusal no_tls"])
        let refused = POP3Play(.starttls)
        refused.receive("+OK hi\r\n\(capabilities)-ERR not now\r\n")
        #expect(refused.events == ["failed refusal no_tls"])
    }

    @Test("credentials do not go in clear text unless that is allowed")
    func clearText() {
        let play = POP3Play(.off, inClear: false)
        play.receive("+OK hi\r\n\(capabilities)")
        #expect(play.events == ["failed authentication clear_text"])
        #expect(play.lines == ["CAPA"])
    }

    @Test("USER is not sent to a server that does not offer it, and no line end in a password")
    func noUser() {
        let play = POP3Play()
        play.receive("+OK hi\r\n+OK\r\nSASL PLAIN\r\n.\r\n")
        play.act(["login", "u", "p"])
        let other = POP3Play()
        other.receive("+OK hi\r\n-ERR\r\n")
        other.act(["login", "u", "p\r\nDELE 1"])
        for play in [play, other] {
            #expect(play.events.last == "loginRefused authentication login_refused")
            #expect(play.lines == ["CAPA"])
        }
    }

    @Test("success before the server has proved itself ends the session")
    func unproven() {
        let play = POP3Play()
        play.receive("+OK hi\r\n+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n")
        play.act(["scram"])
        play.receive("+OK in\r\n")
        #expect(play.events.last == "failed authentication server_unproven")
    }

    @Test("an answer that repeats the password is not shown")
    func echo() throws {
        let play = POP3Play()
        play.receive("+OK hi\r\n-ERR\r\n")
        play.act(["login", "u", "secret"])
        play.receive("+OK\r\n-ERR what is PASS secret\r\n")
        #expect(!(try #require(play.errors.last).description.contains("secret")))
    }

    // MARK: - Hostile servers

    @Test("an endless line, as an answer and in a list")
    func endlessLine() {
        var limits = MailboxLimits()
        limits.multiline = 1 << 20
        for isList in [false, true] {
            let play = loggedIn(limits)
            if isList {
                play.act(["sizes"])
                play.receive("+OK\r\n")
            }
            var most = 0
            for _ in 0..<200 where !play.isOver {
                play.receive([UInt8](repeating: 0x61, count: 10_000)[...])
                most = max(most, play.heldOctets)
            }
            #expect(play.events.last == "failed protocol too_large")
            #expect(most <= 64 << 10)
        }
    }

    @Test("a header is kept up to the limit, a body not at all, and an endless answer is an error")
    func longHeader() {
        var limits = MailboxLimits()
        limits.header = 20
        limits.multiline = 100_000
        let play = loggedIn(limits)
        play.act(["list", "1"])
        play.receive("+OK 1 5\r\n+OK 1 a\r\n")
        play.act(["header", "1"])
        play.receive("+OK\r\nA: 1\r\n\r\nbody\r\nmore\r\n.\r\n")
        #expect(play.events.last == "message 1 A: 1⏎⏎")
        play.act(["header", "1"])
        play.receive("+OK\r\nA: 1\r\nB: 012345678901234567890\r\nC: 3\r\n.\r\n")
        #expect(play.events.last == "message 1 A: 1⏎B: 01234567890 cut")
        play.act(["header", "1"])
        play.receive("+OK\r\n")
        for _ in 0..<200 where !play.isOver {
            play.receive(String(repeating: "x", count: 998) + "\r\n")
            #expect(play.heldOctets <= 20)
        }
        #expect(play.events.last == "failed protocol too_large")
    }

    @Test("a bare LF in a message ends neither a line nor the answer")
    func bareLineFeed() {
        for step in [1, 100] {
            let play = loggedIn()
            play.act(["list", "1"])
            play.receive("+OK 1 5\r\n+OK 1 a\r\n")
            play.act(["header", "1"])
            let octets = Array("+OK\r\nA: 1\n.\n+OK\nB: 2\r\r\n\r\n.\r\n".utf8)
            for start in stride(from: 0, to: octets.count, by: step) {
                play.receive(octets[start..<min(start + step, octets.count)])
            }
            #expect(play.events.last == "message 1 A: 1\n.\n+OK\nB: 2\r⏎⏎")
        }
    }

    @Test(
        "lies",
        arguments: [
            ("+OK 2 b\r\n", "syntax"), ("+OK\r\n", "syntax"), ("hello\r\n", "syntax"), ("+OK 1 \r\n", "syntax"),
        ])
    func lies(answer: String, code: String) {
        let play = loggedIn()
        play.act(["list", "1"])
        play.receive("+OK 1 5\r\n\(answer)")
        #expect(play.events.last == "failed protocol \(code)")
    }

    @Test(
        "answers that nobody asked for",
        arguments: [("+OK more\r\n", "protocol unexpected"), ("-ERR bye\r\n", "refusal bye")])
    func unasked(answer: String, error: String) {
        let play = loggedIn()
        play.receive(answer)
        #expect(play.events.last == "failed \(error)")
    }

    @Test("a mailbox of any size is asked for the newest in windows")
    func windows() {
        let play = loggedIn(capabilities: "USER\r\nPIPELINING\r\n")
        play.act(["list", "120"])
        play.receive("+OK 100000 999999999\r\n")
        for number in 99_881...100_000 {
            if number == 99_881 { #expect(play.lines.count == 4 + 50) }
            play.receive("+OK \(number) u\(number)\r\n")
        }
        #expect(play.events.suffix(2) == ["entry 100000 u100000", "listed"])
        #expect(play.lines.last == "UIDL 100000")
    }

    @Test("a refusal amid a window ends the request when all is answered")
    func refusedWindow() {
        let play = loggedIn(capabilities: "USER\r\nPIPELINING\r\n")
        play.act(["list", "3"])
        play.receive("+OK 9 9\r\n-ERR no\r\n+OK 8 h\r\n")
        #expect(play.events.last == "entry 8 h")
        play.receive("+OK 9 i\r\n")
        #expect(play.events.suffix(2) == ["entry 9 i", "refused refusal unsupported"])
        play.act(["quit"])
        #expect(play.lines.last == "QUIT")
    }

    @Test("silence")
    func silence() {
        let play = loggedIn()
        #expect(play.deadline == nil)
        play.act(["count"])
        play.act(["wait", "60"])
        #expect(play.events.last == "failed network silent")
    }

    // MARK: - Deletion

    @Test("only messages that this session has read are deleted")
    func deletion() throws {
        let first = loggedIn()
        first.act(["list", "1"])
        first.receive("+OK 1 5\r\n+OK 1 a\r\n")
        first.act(["header", "1"])
        first.receive("+OK\r\nA: 1\r\n\r\n.\r\n")
        let key = try #require(first.keys.first)
        // The same number may be another message now.
        let second = loggedIn()
        second.start(.delete([key]))
        #expect(second.events.last == "refused refusal stale")
        #expect(!second.lines.contains { $0.hasPrefix("DELE") })
        first.act(["delete"])
        first.receive("-ERR already gone\r\n")
        #expect(first.events.last == "refused refusal refused")
    }
}
