import Testing

@testable import SMTP

@Suite("Bad input harms no message before or after it")
struct UnharmedMessageTests {
    static let first = "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\none\r\n..\r\n.\r\n"
    static let second = "MAIL FROM:<a@b.test> SIZE=9\r\nRCPT TO:<c@d.test>\r\nBDAT 5\r\ntwo\r\nBDAT 3 LAST\r\n.\r\n"

    static let bad = [
        "WHAT", "", " ", "\0", "MAIL", "MAIL FROM", "MAIL FROM:", "MAIL FROM:<", "MAIL FROM:<a@b", "MAIL FROM:<a@b>X",
        "MAIL FROM:<a@b> SIZE=x", "MAIL FROM:<a@b> FOO=1", "MAIL FROM:<a@b> ENVID=+0A", "MAIL FROM:<a@b> SIZE=9999999",
        "MAIL FROM:<\u{202E}@b> SMTPUTF8", "RCPT TO:<a@b>", "RCPT TO:<a@b", "DATA", "DATA now", "EHLO", "HELO ",
        "RSET x",
        "QUIT x", "VRFY", "EXPN x", "STARTTLS", "AUTH PLAIN", "AUTH PLAIN !", "AUTH", "BDAT 4\r\nQUIT",
        "BDAT 4 LAST\r\nQUIT",
        "GET / HTTP/1.1", "NOOP\n.\nQUIT", "NO\rOP", "\rRSET", "RSET\0", String(repeating: "A", count: 5000),
        "\u{e4}\u{ff}",
        "MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nBDAT 4 LAST\r\na\nb.",
        "MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\na\nb\r\n.",
        "MAIL FROM:<a@b>\r\nRCPT TO:<bad\r\nRSET", "MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nBDAT 2\r\nabRSET",
        "MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<x@y>\r\nDATA\r\nRSET",
        "MAIL FROM:<a@b>\r\nMAIL FROM:<e@f>\r\nRSET",
    ]

    @Test("messages before and after are accepted unchanged", arguments: bad)
    func unharmed(text: String) {
        var driver = SessionDriver()
        driver.send("EHLO c.test\r\n" + Self.first)
        _ = driver.take()
        driver.send(text + "\r\n")
        let log = driver.take()
        #expect(!log.isEmpty)
        #expect(log.allSatisfy { $0.hasPrefix("discard ") || $0.prefix(3).allSatisfy(\.isNumber) })
        driver.send(Self.second)
        #expect(driver.messages == ["one\r\n..\r\n", "two\r\n..\r\n"])
    }
}
