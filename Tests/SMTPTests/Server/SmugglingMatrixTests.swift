import Testing

@testable import SMTP

/// Every sequence that could confuse the end of the data, against a plain reading of the RFCs.
@Suite("The end of the data cannot be confused")
struct SmugglingMatrixTests {
    static let pieces: [UInt8] = [0x0D, 0x0A, 0x00, 0x2E, 0x78]
    static let open = "EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\n"

    /// All sequences of up to five pieces.
    static let sequences: [[UInt8]] = (0..<5).reduce(into: [[]]) { all, length in
        all += all.filter { $0.count == length }.flatMap { start in pieces.map { start + [$0] } }
    }

    /// The outcome of a message: its wire form, or nil if refused.
    private static func store(_ parts: [[UInt8]]) -> (verdict: [UInt8]?, last: String?) {
        var driver = SessionDriver(limits: ServerLimits(maxMessageSize: 1000, maxRecipients: 3, maxErrors: 9))
        driver.send(open)
        for part in parts { driver.send(part) }
        return (driver.messages.first.map { Array($0.utf8) }, driver.take().last)
    }

    /// Whether there is a bare CR or LF, read octet by octet.
    private static func isAmbiguous(_ text: [UInt8]) -> Bool {
        text.indices.contains { index in
            switch text[index] {
            case 0x0D: index + 1 == text.count || text[index + 1] != 0x0A
            case 0x0A: index == 0 || text[index - 1] != 0x0D
            default: false
            }
        }
    }

    /// Whether a line becomes a lone dot once its NULs are dropped, and is not one before.
    private static func hidesEnd(_ text: [UInt8]) -> Bool {
        var lines: [[UInt8]] = [[]]
        for octet in text {
            if octet == 0x0A { lines.append([]) } else if octet != 0x0D { lines[lines.count - 1].append(octet) }
        }
        return lines.contains { $0.contains(0) && $0.filter { $0 != 0 } == [0x2E] }
    }

    /// Everything before the first CRLF, dot, CRLF of the data.
    private static func content(of data: [UInt8]) -> [UInt8] {
        let padded = [0x0D, 0x0A] + data
        let end = padded.indices.first { padded[$0...].starts(with: [0x0D, 0x0A, 0x2E, 0x0D, 0x0A]) }
        return Array(data[..<(end ?? data.count)])
    }

    @Test("in DATA, at every split")
    func data() {
        for sequence in Self.sequences {
            let data = [0x61] + sequence + Array("\r\n.\r\n".utf8)
            let content = Self.content(of: data)
            let expected = Self.isAmbiguous(content) || Self.hidesEnd(content) ? nil : content
            let commands = Array("DATA\r\n".utf8)
            for cut in 0...data.count {
                let (verdict, last) = Self.store([
                    commands + data[..<cut], data[cut...] + Array("NOOP\r\n".utf8),
                ])
                // One expectation per case would take most of the time.
                if verdict != expected || last != "250 2.0.0 Ok" { Issue.record("\(sequence) cut at \(cut)") }
            }
        }
    }

    @Test("in BDAT, with chunks split everywhere")
    func chunks() {
        for sequence in Self.sequences {
            let content = [0x61] + sequence
            let ended = content.last == 0x0A ? content : content + [0x0D, 0x0A]
            let expected = Self.isAmbiguous(content) || Self.hidesEnd(content) ? nil : DotStufferTests.stuff(ended)
            for cut in 0...content.count {
                let first = Array("BDAT \(cut)\r\n".utf8) + content[..<cut]
                let second = Array("BDAT \(content.count - cut) LAST\r\n".utf8) + content[cut...]
                let (verdict, last) = Self.store([first + second + Array("NOOP\r\n".utf8)])
                // One expectation per case would take most of the time.
                if verdict != expected || last != "250 2.0.0 Ok" { Issue.record("\(sequence) cut at \(cut)") }
            }
        }
    }

    @Test("whatever is stored ends where DATA would end it, and nowhere before, with its NULs and without")
    func stored() {
        for sequence in Self.sequences {
            let content = [0x61] + sequence
            let data = Array("DATA\r\n".utf8) + content + Array("\r\n.\r\n".utf8)
            for commands in [Array("BDAT \(content.count) LAST\r\n".utf8) + content, data] {
                guard let wire = Self.store([commands]).verdict else { continue }
                let sent = wire + Array(".\r\n".utf8)
                #expect(Self.content(of: sent) == wire, "\(sequence)")
                #expect(Self.content(of: sent.filter { $0 != 0 }) == wire.filter { $0 != 0 }, "\(sequence)")
            }
        }
    }
}
