import Mail
import Testing

@testable import Dialogue

@Suite("What a trace shows of a conversation")
struct DialogueRedactorTests {
    private static let password = "correct horse battery"

    private static func encoded(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    // MARK: Logins

    /// One login: what the client sends with AUTH and then, and what must not be in any line.
    struct Login: Sendable, CustomStringConvertible {
        let mechanism: String
        let initial: String?
        let exchange: [(challenge: String, response: String)]
        let secrets: [String]

        var description: String { mechanism + (initial == nil ? "" : " with an initial response") }
    }

    static let logins: [Login] = {
        let plain = encoded("\0relay@example.com\0\(password)")
        let token = "ya29.a0AfH6SMBx-token_of_somebody"
        let bearer = encoded("user=relay@example.com\u{1}auth=Bearer \(token)\u{1}\u{1}")
        let oauth = encoded("n,a=relay@example.com,\u{1}host=x\u{1}port=587\u{1}auth=Bearer \(token)\u{1}\u{1}")
        let first = encoded("n,,n=relay,r=fyko+d2lbbFgONRv9qkxdawL")
        let proof = "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        let last = encoded("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=\(proof)")
        let digest = encoded("relay 3dbc88f0624776a737b39093f6eb6427")
        return [
            Login(mechanism: "PLAIN", initial: plain, exchange: [], secrets: [password, plain]),
            Login(mechanism: "PLAIN", initial: nil, exchange: [("", plain)], secrets: [password, plain]),
            Login(
                mechanism: "LOGIN", initial: nil,
                exchange: [("VXNlcm5hbWU6", encoded("relay@example.com")), ("UGFzc3dvcmQ6", encoded(password))],
                secrets: [password, encoded(password), encoded("relay@example.com")]),
            Login(
                mechanism: "LOGIN", initial: encoded("relay@example.com"),
                exchange: [("UGFzc3dvcmQ6", encoded(password))],
                secrets: [password, encoded(password)]),
            Login(
                mechanism: "SCRAM-SHA-256", initial: first,
                exchange: [(encoded("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"), last)],
                secrets: [first, last, proof]),
            Login(
                mechanism: "XOAUTH2", initial: bearer, exchange: [(encoded("{\"status\":\"400\"}"), "")],
                secrets: [token, bearer]),
            // RFC 7628 section 3.1.
            Login(
                mechanism: "OAUTHBEARER", initial: oauth, exchange: [(encoded("{}"), "AQ==")], secrets: [token, oauth]),
            Login(
                mechanism: "CRAM-MD5", initial: nil, exchange: [(encoded("<1896.697170952@x>"), digest)],
                secrets: [digest, "3dbc88f0624776a737b39093f6eb6427"]),
        ]
    }()

    private func said(_ login: Login, step: Int = 0) -> Said {
        var said = Said()
        said.step = step
        said.client("AUTH \(login.mechanism)\(login.initial.map { " \($0)" } ?? "")\r\n")
        for (challenge, response) in login.exchange {
            said.server("334 \(challenge)\r\n")
            said.response("\(response)\r\n")
        }
        said.server("535 5.7.8 Error: authentication failed: \(login.secrets[0])\r\n")
        for secret in login.secrets {
            said.server("500 unknown command \(secret.uppercased())\r\n")
            said.note("the server said \(secret)")
        }
        return said
    }

    @Test("no part of a secret is in any line, however the lines are split", arguments: logins)
    func secrets(_ login: Login) {
        for step in 0...12 {
            let said = said(login, step: step)
            #expect(said.texts.count == 2 + login.exchange.count * 2 + login.secrets.count * 2)
            for text in said.texts { expectNothing(of: login.secrets, in: text) }
            #expect(said.texts == self.said(login).texts)
        }
    }

    @Test("the mechanism, the size of what is hidden, and the reply can be seen")
    func visible() {
        let plain = Self.encoded("\0relay@example.com\0\(Self.password)")
        var said = Said()
        said.client("auth plain \(plain)\r\n")
        said.server("535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 relay@example.com\r\n")
        said.client("AUTH LOGIN\r\n")
        said.server("334 VXNlcm5hbWU6\r\n")
        said.response("*\r\n")
        said.server("501 5.7.0 cancelled\r\n")
        #expect(
            said.texts == [
                "AUTH PLAIN [\(plain.utf8.count) octets of a login]", "535-5.7.8 Username and Password not accepted.",
                "535 5.7.8 relay@example.com", "AUTH LOGIN", "334 [12 octets of a login]", "*", "501 5.7.0 cancelled",
            ])
    }

    @Test("an empty challenge and an empty response are shown as such")
    func empty() {
        var said = Said()
        said.client("AUTH PLAIN\r\n")
        said.server("334 \r\n334\r\n")
        said.response("\r\n")
        #expect(said.texts == ["AUTH PLAIN", "334", "334", "[0 octets of a login]"])
    }

    @Test("a login that is pipelined, and goes on after its refusal, is hidden, and what the server echoes of it")
    func pipelined() {
        let (user, secret) = (Self.encoded("relay"), Self.encoded(Self.password))
        var said = Said()
        said.client("AUTH LOGIN\r\n\(user)\r\n\(secret)\r\nMAIL FROM:<a@example.com>\r\n")
        said.server("503 5.5.1 not now\r\n500 what is \(user)?\r\n500 what is \(secret)?\r\n250 2.1.0 Ok\r\n")
        #expect(
            said.texts == [
                "AUTH LOGIN", "[\(user.utf8.count) octets that are no command]",
                "[\(secret.utf8.count) octets that are no command]", "MAIL FROM:<a@example.com>", "503 5.5.1 not now",
                "500 what is …?", "500 what is …?", "250 2.1.0 Ok",
            ])
    }

    @Test(
        "what follows AUTH is shown only if it is the name of a mechanism",
        arguments: [
            "AUTH cGFzc3dvcmQ=", "AUTH  PLAIN cGFzc3dvcmQ=", "AUTH PLAINcGFzc3dvcmQ=", "AUTH PLAIN\tcGFzc3dvcmQ=",
            "AUTH\tPLAIN cGFzc3dvcmQ=", " AUTH PLAIN cGFzc3dvcmQ=", "AUTHPLAIN cGFzc3dvcmQ=",
            "AUTH PLAIN cGFz c3dvcmQ=",
            "NOOP cGFzc3dvcmQ=", "DATA cGFzc3dvcmQ=", "QUIT cGFzc3dvcmQ=", "RSET cGFzc3dvcmQ=", "HELP cGFzc3dvcmQ=",
            "cGFzc3dvcmQ=", "PASS cGFzc3dvcmQ=", "GET /?token=cGFzc3dvcmQ=",
        ])
    func malformed(_ line: String) {
        var said = Said()
        said.client("\(line)\r\n")
        #expect(said.texts.count == 1 && !said.texts[0].contains("c3dvcmQ"))
    }

    @Test("a blank before AUTH hides what follows it, but not the words of SMTP in replies")
    func blank() {
        let form = Self.encoded("\0a\0\(Self.password)")
        var said = Said()
        said.client("  AUTH PLAIN \(form)\r\n")
        said.server("214 STARTTLS AUTH PLAIN MAIL\r\n535 \(form) \(Self.password)\r\n")
        #expect(
            said.texts == [
                "[\(13 + form.utf8.count) octets that are no command]", "214 STARTTLS AUTH PLAIN MAIL", "535 … …",
            ])
    }

    @Test("the session's own knowledge of the credentials hides them, too")
    func known() {
        var said = Said()
        said.redactor.hide(Self.password)
        said.server("535 wrong: \(Self.password)!\r\n")
        #expect(said.texts == ["535 wrong: …!"])
    }

    @Test("a short password is hidden where it is a word, and only there")
    func short() {
        var said = Said()
        said.client("AUTH PLAIN \(Self.encoded("\0a\0abc"))\r\n")
        said.server("535 abc is wrong, abcdef too, (ABC)\r\n")
        #expect(said.texts[1] == "535 … is wrong, abcdef too, (…)")
    }

    @Test("once too much was secret, no reply has words")
    func full() {
        var said = Said()
        for _ in 0..<4 { said.response(String(repeating: "QUJD", count: 3000) + "\r\n") }
        said.server("535 5.7.8 whatever\r\n")
        #expect(said.texts.last == "…")
    }

    // MARK: Commands and replies

    @Test("commands of SMTP are shown as they are")
    func commands() {
        var said = Said()
        let lines = [
            "EHLO client.example", "HELO x", "MAIL FROM:<a@example.com> SIZE=100", "RCPT TO:<b@example.com>", "DATA",
            "RSET",
            "BDAT 10 LAST", "VRFY bob", "STARTTLS", "QUIT", ".",
        ]
        for line in lines { said.client("\(line)\r\n") }
        #expect(said.texts == lines)
    }

    @Test(
        "control characters, marks of direction and backslashes become escapes",
        arguments: [
            ("\u{1B}[2J", "\\x1B[2J"), ("\u{7}\u{8}\t", "\\x07\\x08\\t"), ("a\u{202E}b", "a\\u{202e}b"),
            ("\\x1B", "\\\\x1B"),
            ("\u{9B}31m", "\\u{9b}31m"), ("gr\u{FC}n \u{1F600}", "gr\u{FC}n \u{1F600}"), ("\u{0}", "\\x00"),
            ("\r", "\\x0D"),
        ])
    func escapes(given: String, shown: String) {
        var said = Said()
        said.server("250 \(given)x\r\n")
        #expect(said.texts == ["250 \(shown)x"])
    }

    @Test("octets that are not UTF-8 become escapes")
    func octets() {
        #expect(VisibleText.of([0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82]) == "a\\xFF\\xC3(\\xE2\\x82")
    }

    @Test("a long line is cut, and says by how much")
    func long() {
        var said = Said()
        said.server("250 \(String(repeating: "x", count: 20_000))\r\n")
        #expect(said.texts == ["250 \(String(repeating: "x", count: 996))[... 19004 octets more]"])
    }

    @Test("a bare LF ends a line, and can be seen")
    func lineFeed() {
        var said = Said()
        said.server("250-a\n250 b\r\n")
        #expect(said.texts == ["250-a\\x0A", "250 b"])
    }

    // MARK: Content

    @Test("content is told by its size, and shown for those who want it", arguments: 0...9)
    func content(step: Int) {
        var said = Said()
        said.step = step
        said.content("Subject: x\r\n\r\nhello\u{1B}\r\n..\r\n", isWanted: true)
        said.endContent()
        #expect(said.lines.filter { $0.audience == .content }.map(\.text) == ["Subject: x", "", "hello\\x1B", ".."])
        #expect(said.lines.filter { $0.audience == .summary }.map(\.text) == ["[26 octets of content]"])
    }

    @Test("of a large message 64 KiB are shown")
    func largeContent() {
        var said = Said()
        for _ in 0..<100 { said.content(String(repeating: "x", count: 998) + "\r\n", isWanted: true) }
        said.endContent()
        let shown = said.lines.filter { $0.audience == .content }.map(\.text)
        #expect(shown.last == "[... 34464 octets more of content]")
        #expect(shown.reduce(0) { $0 + $1.utf8.count } < 66 << 10)
        #expect(said.texts.last == "[100000 octets of content]")
    }

    @Test("content that nobody wants is not kept")
    func unwanted() {
        var said = Said()
        said.content("Subject: x\r\n", isWanted: false)
        #expect(said.lines.isEmpty)
        said.end()
        #expect(said.texts == ["[12 octets of content]"])
    }

    private func expectNothing(of secrets: [String], in text: String, sourceLocation: SourceLocation = #_sourceLocation)
    {
        for part in secrets.flatMap({ SecretParts.of($0) }) where text.lowercased().contains(part) {
            Issue.record("\(part) is in: \(text)", sourceLocation: sourceLocation)
        }
    }
}
