import Testing

@testable import Mail

/// RFC 5322 section 2.2, RFC 6532 section 3.2.
@Suite("Header scanner")
struct HeaderScannerTests {
    private func scan(_ text: String, parts: [Int] = []) -> HeaderScanner {
        var scanner = HeaderScanner()
        let bytes = Array(text.utf8)
        for (from, to) in zip([0] + parts, parts + [bytes.count]) {
            Array(bytes[from..<to]).withUnsafeBytes { scanner.scan($0) }
        }
        return scanner
    }

    @Test(
        "non-ASCII octets are detected anywhere in the header, and not after it",
        arguments: [
            ("Subject: caf\u{E9} at noon\r\n\r\n", true), ("A: b\r\nTo: 12345678\r\n caf\u{E9}\r\n\r\n", true),
            ("A:\u{FC}\r\n\r\n", true), ("A: 1234567\u{FC}8901234\r\n\r\n", true), ("A: b\r\n\r\n\u{FC}\r\n", false),
            ("A: b\r\n\u{FC}\r\n", false), ("", false),
        ])
    func eightBit(text: String, expected: Bool) {
        for cut in 0...text.utf8.count {
            #expect(scan(text, parts: [cut]).hasEightBit == expected, "cut at \(cut)")
        }
    }

    /// RFC 5322 sections 2.2 and 4.5.8, RFC 5321 section 4.4.
    @Test("fields are found at every split, in any case")
    func everySplit() {
        let text = """
            Received: from a\r
            \tby b; Date: no field\r
            RECEIVED : c\r
            X-Received: d\r
            message-ID:\r
             <one@\r
            \ttwo> \r
            Message-ID: <second@x>\r
            date: now\r
            \r
            Received: body\r

            """
        for cut in 0...text.utf8.count {
            let scanner = scan(text, parts: [cut])
            #expect(scanner.receivedFields == 2)
            #expect(scanner.hasDate && scanner.hasMessageID && !scanner.lacksHeader && scanner.isFinished)
            #expect(scanner.messageID == "<one@\ttwo>", "cut at \(cut)")
        }
        let single = scan(text, parts: Array(0..<text.utf8.count))
        #expect(single.messageID == "<one@\ttwo>")
        #expect(single.receivedFields == 2)
    }

    /// RFC 5321 section 4.5.2.
    @Test("in stuffed content the first dot of a line is ignored at every split")
    func stuffed() {
        let text = ".Received: a\r\n. b\r\n..Received: c\r\n.Date: d\r\n.\r\nReceived: body\r\n"
        for cut in 0...text.utf8.count {
            var scanner = HeaderScanner()
            for part in [text.utf8.prefix(cut), text.utf8.dropFirst(cut)] {
                Array(part).withUnsafeBytes { scanner.scan($0, isStuffed: true) }
            }
            #expect(scanner.receivedFields == 1 && scanner.hasDate && scanner.isFinished, "cut at \(cut)")
        }
        #expect(scan(text).receivedFields == 0)
        #expect(!scan(text).hasDate)
    }

    @Test(
        "content whose first line is not a field lacks a header",
        arguments: [
            ("hello world\r\n", true), (" Folded: x\r\n", true), ("From me Mon\r\nA: b\r\n", false), (":\r\n", true),
            (">From me Mon\r\nFrom you\r\nbody\r\n", true), ("From me\r\n b\r\n\r\n", false),
            ("From me\r\n\r\n", false),
            ("from me Mon\r\nA: b\r\n", true), ("From\r\nA: b\r\n", true),
            ("\u{e4}: x\r\n", true), ("", false), ("\r\nbody\r\n", false), ("A: b\r\nno field\r\n", false),
            ("A:b\r\n", false), ("A-very-long-name-of-a-field: b\r\n", false),
        ])
    func lacksHeader(text: String, expected: Bool) {
        #expect(scan(text).lacksHeader == expected)
    }

    @Test("fields are found after mbox separator lines, but not after one in their middle")
    func mailboxLines() {
        let fields = "Received: a\r\nDate: b\r\nMessage-ID: <c@d>\r\n"
        for lines in ["From me\r\n", ">From me\r\n", ">>From \r\nFrom you\r\n\tMon\r\n"] {
            let text = lines + fields + "\r\nReceived: body\r\n"
            let scanner = scan(text)
            #expect(scanner.receivedFields == 1 && scanner.hasDate && scanner.messageID == "<c@d>")
            #expect(scanner.isFinished && scanner.octets == (lines + fields + "\r\n").utf8.count)
        }
        #expect(!scan("A: b\r\nFrom me\r\n" + fields).hasDate)
        #expect(scan("From \u{e4}\r\n").hasEightBit)
    }

    @Test("a name that only ends like a known one, or is longer than any, does not match")
    func names() {
        let scanner = scan("xxxxxxxxxxxxxxxxxxxxxxxxDate: a\r\nResent-Date: b\r\nDat: c\r\nDates: d\r\n")
        #expect(!scanner.hasDate)
        #expect(!scanner.isFinished)
    }

    @Test("at most 998 octets of a Message-ID are kept")
    func longMessageID() {
        let scanner = scan("Message-ID: <" + String(repeating: "x", count: 5000) + ">\r\n\r\n", parts: [600, 2000])
        #expect(scanner.messageID.utf8.count == 998)
    }
}
