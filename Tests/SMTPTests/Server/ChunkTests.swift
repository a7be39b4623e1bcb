import Testing

@testable import SMTP

/// RFC 3030.
@Suite("Content in chunks")
struct ChunkTests {
    static let open = "EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\n"
    static let binary = "EHLO c.test\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<c@d.test>\r\n"

    /// The outcome of the text, the same at every split.
    static func outcome(_ text: String, limits: ServerLimits = SessionDriver.limits) -> (
        log: [String], messages: [String]
    ) {
        let bytes = Array(text.utf8)
        var whole = SessionDriver(limits: limits)
        whole.send(bytes)
        let expected = whole.take()
        for cut in 0...bytes.count {
            var driver = SessionDriver(limits: limits)
            driver.send(Array(bytes[..<cut]))
            driver.send(Array(bytes[cut...]))
            let log = driver.take()
            #expect(log == expected, "cut at \(cut)")
            #expect(driver.messages == whole.messages, "cut at \(cut)")
        }
        var single = SessionDriver(limits: limits)
        for byte in bytes { single.send([byte]) }
        let log = single.take()
        #expect(log == expected)
        return (expected, whole.messages)
    }

    @Test(
        "chunks make the same message as DATA",
        arguments: [
            ("BDAT 6 LAST\r\na\r\n.\r\n", "a\r\n..\r\n", 6), ("BDAT 3\r\na\r\nBDAT 3 last\r\n.\r\n", "a\r\n..\r\n", 6),
            ("BDAT 2\r\na\rbdat 4 LAST\r\n\n.\r\n", "a\r\n..\r\n", 6), ("BDAT 3\r\na\r\nBDAT 0 LAST\r\n", "a\r\n", 3),
            ("BDAT 0 LAST\r\n", "", 0), ("BDAT 0\r\nBDAT 1 LAST\r\n.", "..\r\n", 3), ("BDAT 1 LAST\r\nx", "x\r\n", 3),
            (
                "BDAT 5\r\na\r\n.\rBDAT 9 LAST\r\n\nQUIT\r\n.\n".replacing(".\n", with: ".x"),
                "a\r\n..\r\nQUIT\r\n..x\r\n", 16
            ),
            ("BDAT 2\r\na\0BDAT 2  \r\n\r\nBDAT 000 LAST\r\n", "a\0\r\n", 4),
            ("BDAT 2\r\n\0.BDAT 3 LAST\r\nb\r\n", "\0.b\r\n", 5), ("BDAT 3 LAST\r\n\0..", "\0..\r\n", 5),
        ])
    func text(commands: String, wire: String, size: Int) {
        let (log, messages) = Self.outcome(Self.open + commands + "NOOP\r\n")
        #expect(messages == [wire])
        #expect(log.suffix(2) == ["message of \(size) for 1", "250 2.0.0 Ok"])
    }

    /// RFC 3030 section 2.
    @Test("each chunk gets a reply with its size")
    func replies() {
        let (log, _) = Self.outcome(Self.open + "BDAT 3\r\na\r\nBDAT 0\r\nBDAT 3 LAST\r\nb\r\n")
        #expect(
            log.suffix(3)
                == ["250 2.0.0 3 octets received\r", "250 2.0.0 0 octets received\r", "message of 6 for 1"].map {
                    $0.hasSuffix("\r") ? String($0.dropLast()) : $0
                })
    }

    @Test(
        "an ambiguous line in text chunks refuses the message, and the next one is unharmed",
        arguments: [
            "BDAT 3 LAST\r\na\nb", "BDAT 3 LAST\r\na\rb", "BDAT 2\r\na\rBDAT 1 LAST\r\nb",
            "BDAT 1\r\naBDAT 1 LAST\r\n\n",
            "BDAT 2 LAST\r\na\r", "BDAT 2\r\na\rBDAT 0 LAST\r\n", "BDAT 5 LAST\r\n\n.\n\n.",
        ])
    func ambiguous(chunks: String) {
        let (log, messages) = Self.outcome(
            Self.open + chunks + "MAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nBDAT 1 LAST\r\nx")
        #expect(log.contains { $0.hasPrefix("discard 550 5.6.0") })
        #expect(messages == ["x\r\n"])
    }

    @Test(
        "a line of a dot and NULs in text chunks refuses the message, because it may leave by DATA",
        arguments: [
            "BDAT 4 LAST\r\n.\0\r\n", "BDAT 4 LAST\r\n\0.\r\n", "BDAT 2 LAST\r\n\0.", "BDAT 1\r\n.BDAT 1 LAST\r\n\0",
            "BDAT 2\r\n\0\0BDAT 2\r\n.\0BDAT 1\r\n\rBDAT 1 LAST\r\n\n", "BDAT 4\r\na\r\n\0BDAT 1\r\n.BDAT 0 LAST\r\n",
            "BDAT 7 LAST\r\n\0.\r\n.\r\n",
        ])
    func hidden(chunks: String) {
        let (log, messages) = Self.outcome(
            Self.open + chunks + "MAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nBDAT 1 LAST\r\nx")
        #expect(log.contains { $0.hasPrefix("discard 550 5.6.0 The message has a line of a dot and NULs") })
        #expect(messages == ["x\r\n"])
    }

    /// RFC 3030 section 3.
    @Test("octets of BINARYMIME pass unchanged", arguments: ["a\nb\r", "\r\r\n\n", ".", "\0", "", "\0.\r\n"])
    func binary(content: String) {
        let (log, messages) = Self.outcome(Self.binary + "BDAT \(content.utf8.count) LAST\r\n\(content)")
        #expect(log.last == "message of \(content.utf8.count) for 1")
        #expect(messages.map { DotStufferTests.unstuff(Array($0.utf8), cuts: []) } == [Array(content.utf8)])
    }

    /// RFC 3030 sections 2 and 3.
    @Test("DATA does not accept BINARYMIME, nor content begun by BDAT")
    func data() {
        let (log, messages) = Self.outcome(
            Self.binary + "DATA\r\nBDAT 1\r\nxDATA\r\nRCPT TO:<e@f.test>\r\nBDAT 1 LAST\r\ny")
        #expect(
            log.suffix(5).map { String($0.prefix(9)) } == [
                "503 5.5.1", "250 2.0.0", "503 5.5.1", "503 5.5.1", "message o",
            ])
        #expect(messages == ["xy"])
    }

    @Test(
        "RSET, EHLO and a new transaction discard earlier chunks",
        arguments: ["RSET\r\n", "EHLO again.test\r\n", "BDAT 2 LAST\r\n\n\n"])
    func forgotten(command: String) {
        let (_, messages) = Self.outcome(
            Self.open + "BDAT 3\r\na\r\n" + command + "MAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nBDAT 3 LAST\r\nb\r\n")
        #expect(messages == ["b\r\n"])
    }

    /// RFC 3030 section 2.
    @Test(
        "a chunk out of order is dropped, not executed",
        arguments: [
            ("", "discard 503 5.5.1 Send EHLO first"), ("EHLO c.test\r\n", "discard 503 5.5.1 Send MAIL first"),
            ("EHLO c.test\r\nMAIL FROM:<>\r\n", "discard 554 5.5.1 No valid recipients"),
        ])
    func dropped(before: String, reply: String) {
        let chunk = "QUIT\r\nRSET\r\n.\r\n"
        let (log, _) = Self.outcome(before + "BDAT \(chunk.utf8.count) LAST\r\n\(chunk)HELP\r\n")
        #expect(log.suffix(2).first == reply)
        #expect(log.last?.hasPrefix("214") == true)
    }

    @Test("chunks pipelined after a failed one are dropped and do not count as errors")
    func pipelined() {
        let limits = ServerLimits(maxMessageSize: 5, maxRecipients: 3, maxErrors: 1)
        let (log, messages) = Self.outcome(
            Self.open
                + "BDAT 6\r\nabcdefBDAT 4\r\nRSETBDAT 1 LAST\r\nxMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 3 LAST\r\na\r\n",
            limits: limits)
        #expect(
            log.dropFirst(3).map { String($0.prefix(17)) } == [
                "discard 552 5.3.4", "discard 503 5.5.1", "discard 503 5.5.1", "250 2.1.0 Ok", "250 2.1.5 Ok",
                "message of 3 for ",
            ])
        #expect(messages == ["a\r\n"])
    }

    @Test("the size limit applies to all chunks together")
    func size() {
        let limits = ServerLimits(maxMessageSize: 5, maxRecipients: 3, maxErrors: 1)
        #expect(Self.outcome(Self.open + "BDAT 3\r\na\r\nBDAT 2 LAST\r\n\r\n", limits: limits).messages.count == 1)
        #expect(Self.outcome(Self.open + "BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\n", limits: limits).messages.isEmpty)
    }

    @Test(
        "a BDAT of unknown or absurd size ends the session, so that content is never executed",
        arguments: [
            "BDAT\r\n", "BDAT x\r\n", "BDAT -1\r\n", "BDAT 1 2\r\n", "BDAT 1 LAST x\r\n", "BDAT  1\r\n",
            "BDAT 1\n2\r\n",
            "BDAT 99999999999999999999\r\n", "BDAT 9223372036854775807 LAST\r\n", "BDAT 1\0\r\n",
            "BDAT 123456789012345678901\r\n",
        ])
    func absurd(line: String) {
        let (log, messages) = Self.outcome(Self.open + line + "RSET\r\nMAIL FROM:<evil@x.test>\r\n")
        #expect(log.count == 4)
        #expect(log.last?.hasPrefix("close 5") == true)
        #expect(messages.isEmpty)
    }

    @Test("without CHUNKING the command is refused, and its octets are dropped all the same")
    func notOffered() {
        var driver = SessionDriver { $0.chunking = false }
        driver.send(Self.open + "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
        let log = driver.take()
        #expect(log.suffix(2) == ["discard 502 5.5.1 Command not implemented", "250 2.0.0 Ok"])
        driver.send("MAIL FROM:<> BODY=BINARYMIME\r\n")
        #expect(driver.take().last?.hasPrefix("501 5.5.4") == true)
    }
}
