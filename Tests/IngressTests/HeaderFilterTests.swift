import Mail
import NIOCore
import TestKit
import Testing

@testable import Ingress

@Suite("Header rewriting")
struct HeaderFilterTests {
    private struct Result: Equatable {
        var kept: String
        var finding: HeaderFilter.Finding
        var growth: Int
    }

    /// - Parameter cuts: where the content is split.
    private func filtered(
        _ text: String, cuts: [Int] = [], isStuffed: Bool = false, takesKey: Bool = true
    ) -> Result {
        var filter = HeaderFilter(takesKey: takesKey)
        let bytes = Array(text.utf8)
        var kept = ByteBuffer()
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            bytes[start..<end].withUnsafeBytes { part in
                if let rest = filter.pass(part, isStuffed: isStuffed) {
                    kept.writeImmutableBuffer(rest)
                } else {
                    _ = kept.writeBytes(part)
                }
            }
        }
        if let rest = filter.finish() { kept.writeImmutableBuffer(rest) }
        return Result(kept: String(buffer: kept), finding: filter.finding, growth: filter.growth)
    }

    static let cases: [(text: String, kept: String, finding: HeaderFilter.Finding)] = [
        ("Subject: a\r\n\r\nb\r\n", "Subject: a\r\n\r\nb\r\n", .none),
        ("Idempotency-Key: k1\r\nA: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n", .key(Array("k1".utf8))),
        ("A: b\r\nIDEMPOTENCY-key:k1\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n", .key(Array("k1".utf8))),
        ("A: b\r\n c\r\nIdempotency-Key \t:\r\n \"k 1\"\r\n\r\n", "A: b\r\n c\r\n\r\n", .invalid),
        ("A: b\r\nIdempotency-Key:\r\n\t\"k1\" \r\nB: c\r\n\r\n", "A: b\r\nB: c\r\n\r\n", .key(Array("\"k1\"".utf8))),
        ("Idempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n", "\r\n", .invalid),
        ("Idempotency-Key:\r\n\r\n", "\r\n", .invalid),
        ("Idempotency-Key: \u{e9}\r\n\r\n", "\r\n", .invalid),
        ("Idempotency-Keys: a\r\nIdempotency-Ke: b\r\n\r\n", "Idempotency-Keys: a\r\nIdempotency-Ke: b\r\n\r\n", .none),
        ("X-Idempotency-Key: a\r\n\r\n", "X-Idempotency-Key: a\r\n\r\n", .none),
        ("A: b\r\n\r\nIdempotency-Key: k\r\n", "A: b\r\n\r\nIdempotency-Key: k\r\n", .none),
        ("just words\r\nIdempotency-Key: k\r\n", "just words\r\nIdempotency-Key: k\r\n", .none),
        (" folded\r\nIdempotency-Key: k\r\n", " folded\r\nIdempotency-Key: k\r\n", .none),
        ("Idempotency-Key\r\nA: b\r\n", "Idempotency-Key\r\nA: b\r\n", .none),
        ("Idempotency-Ke", "Idempotency-Ke", .none),
        ("Idempotency-Key: k\r\n..dot\r\n", "..dot\r\n", .key(Array("k".utf8))),
        ("", "", .none),
    ]

    @Test("the key is removed from the header, and from nothing else, at every split", arguments: cases)
    func filters(text: String, kept: String, finding: HeaderFilter.Finding) {
        let expected = Result(kept: kept, finding: finding, growth: kept.utf8.count - text.utf8.count)
        #expect(filtered(text) == expected)
        for cut in 0...text.utf8.count { #expect(filtered(text, cuts: [cut]) == expected, "cut at \(cut)") }
        #expect(filtered(text, cuts: Array(0..<text.utf8.count)) == expected)
    }

    static let times: [(text: String, kept: String, value: String?)] = [
        ("X-Posthorse-Send-At: now\r\nA: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n", "now"),
        ("A: b\r\nX-POSTHORSE-send-at \t:\r\n now \r\nB: c\r\n\r\n", "A: b\r\nB: c\r\n\r\n", "now"),
        ("X-Posthorse-Send-At: a\r\nX-Posthorse-Send-At: a\r\n\r\n", "\r\n", nil),
        ("X-Posthorse-Send-At:\r\n\r\n", "\r\n", nil),
        ("X-Mailer: y\r\nx-posthorse-send-at: z\r\n", "X-Mailer: y\r\n", "z"),
        ("From a\r\nX-Posthorse-Send-At: z\r\n", "X-Mailbox-Line: From a\r\n", "z"),
        ("A: b\r\nXtra text\r\nX-Posthorse-Send-At: z\r\n", "A: b\r\nXtra text\r\nX-Posthorse-Send-At: z\r\n", nil),
        ("A: b\r\n\r\nX-Posthorse-Send-At: z\r\n", "A: b\r\n\r\nX-Posthorse-Send-At: z\r\n", nil),
        (".A: b\r\nX-Posthorse-Send-At: z\r\n.\r\n", ".A: b\r\n.\r\n", "z"),
        ("A: b\r\nX-Posthorse-Send-At", "A: b\r\nX-Posthorse-Send-At", nil),
    ]

    @Test("the time to send is removed from the header, and from nothing else, at every split", arguments: times)
    func takesTime(text: String, kept: String, value: String?) {
        for (takesKey, isStuffed) in [(false, true), (true, true), (false, false), (true, false)] {
            for cut in 0...text.utf8.count {
                let parts = [Array(text.utf8)[..<cut], Array(text.utf8)[cut...]]
                var filter = HeaderFilter(takesKey: takesKey)
                var rest = ByteBuffer()
                for part in parts {
                    part.withUnsafeBytes { part in
                        if let new = filter.pass(part, isStuffed: isStuffed) {
                            rest.writeImmutableBuffer(new)
                        } else {
                            _ = rest.writeBytes(part)
                        }
                    }
                }
                if let new = filter.finish() { rest.writeImmutableBuffer(new) }
                #expect(String(buffer: rest) == kept, "cut at \(cut)")
                #expect(filter.sendAt.value.map { String(decoding: $0, as: UTF8.self) } == value, "cut at \(cut)")
                #expect(filter.growth == kept.utf8.count - text.utf8.count)
                #expect(filter.finding == .none)
            }
        }
    }

    static let streams: [(text: String, kept: String, stream: String?, time: String?)] = [
        ("X-Posthorse-Stream: spring\r\nA: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n", "spring", nil),
        ("A: b\r\nx-POSTHORSE-stream :\r\n a\r\n b \r\nB: c\r\n\r\n", "A: b\r\nB: c\r\n\r\n", "a\r\n b", nil),
        ("X-Posthorse-Stream: a\r\nX-Posthorse-Send-At: z\r\n\r\n", "\r\n", "a", "z"),
        ("X-Posthorse-Send-At: z\r\nX-Posthorse-Stream: a\r\n\r\n", "\r\n", "a", "z"),
        ("X-Posthorse-Stream: a\r\nX-Posthorse-Stream: b\r\n\r\n", "\r\n", nil, nil),
        ("X-Posthorse-Streams: a\r\nX-Posthorse-S: b\r\n", "X-Posthorse-Streams: a\r\nX-Posthorse-S: b\r\n", nil, nil),
        ("X-Posthorse-Stend-At: a\r\n", "X-Posthorse-Stend-At: a\r\n", nil, nil),
        ("A: b\r\n\r\nX-Posthorse-Stream: a\r\n", "A: b\r\n\r\nX-Posthorse-Stream: a\r\n", nil, nil),
    ]

    @Test("the stream is removed from the header, and from nothing else, at every split", arguments: streams)
    func takesStream(text: String, kept: String, stream: String?, time: String?) {
        for cut in 0...text.utf8.count {
            var filter = HeaderFilter(takesKey: false)
            var rest = ByteBuffer()
            for part in [Array(text.utf8)[..<cut], Array(text.utf8)[cut...]] {
                part.withUnsafeBytes { part in
                    if let new = filter.pass(part, isStuffed: true) {
                        rest.writeImmutableBuffer(new)
                    } else {
                        _ = rest.writeBytes(part)
                    }
                }
            }
            if let new = filter.finish() { rest.writeImmutableBuffer(new) }
            #expect(String(buffer: rest) == kept, "cut at \(cut)")
            #expect(filter.stream.value.map { String(decoding: $0, as: UTF8.self) } == stream, "cut at \(cut)")
            #expect(filter.sendAt.value.map { String(decoding: $0, as: UTF8.self) } == time, "cut at \(cut)")
        }
    }

    /// RFC 5321 section 4.5.2.
    static let stuffed: [(text: String, kept: String, finding: HeaderFilter.Finding, removed: Int)] = [
        (".Idempotency-Key: k\r\nA: b\r\n\r\n", "A: b\r\n\r\n", .key(Array("k".utf8)), 20),
        ("Idempotency-Key:\r\n. k\r\n.A: b\r\n", ".A: b\r\n", .key(Array("k".utf8)), 22),
        ("..Idempotency-Key: k\r\n\r\n", "..Idempotency-Key: k\r\n\r\n", .none, 0),
        ("A: b\r\n. Idempotency-Key: k\r\n.Idem", "A: b\r\n. Idempotency-Key: k\r\n.Idem", .none, 0),
        (".Idempotency-Keys: k\r\n.\r\n", ".Idempotency-Keys: k\r\n.\r\n", .none, 0),
        ("A: b\r\n.", "A: b\r\n.", .none, 0),
    ]

    @Test("the key is recognized after a stuffing dot, and such dots stay elsewhere", arguments: stuffed)
    func unstuffs(text: String, kept: String, finding: HeaderFilter.Finding, removed: Int) {
        let expected = Result(kept: kept, finding: finding, growth: -removed)
        for cut in 0...text.utf8.count {
            #expect(filtered(text, cuts: [cut], isStuffed: true) == expected, "cut at \(cut)")
        }
        #expect(filtered(text, cuts: Array(0..<text.utf8.count), isStuffed: true) == expected)
    }

    @Test("the key may be surrounded by white space, and followed by nothing else", arguments: [1, 50, 300, 600, 5000])
    func space(count: Int) {
        let space = String(repeating: " ", count: count)
        let key = HeaderFilter.Finding.key(Array("k".utf8))
        #expect(filtered("Idempotency-Key: k\(space)\r\n\r\n").finding == key)
        #expect(filtered("Idempotency-Key: k\(space)text\r\n\r\n").finding == .invalid)
        #expect(filtered("Idempotency-Key:\(space)k\r\n \r\n\r\n").finding == key)
        let name = filtered("Idempotency-Key\(space): k\r\nA: b\r\n\r\n", cuts: [20])
        #expect(name.finding == key && name.kept == "A: b\r\n\r\n")
    }

    @Test("the key has at most 256 octets", arguments: [(256, true), (257, false), (5000, false)])
    func limit(count: Int, isValid: Bool) {
        let key = [UInt8](repeating: UInt8(ascii: "k"), count: count)
        let text = "Idempotency-Key: \(String(decoding: key, as: UTF8.self))\r\n\r\n"
        #expect(filtered(text).finding == (isValid ? .key(key) : .invalid))
    }

    /// RFC 4155 appendix A.
    static let mailboxes: [(text: String, kept: String)] = [
        (
            "From a@b Thu Jan  1 00:00:00 1970\r\nA: b\r\n\r\nc\r\n",
            "X-Mailbox-Line: From a@b Thu Jan  1 00:00:00 1970\r\nA: b\r\n\r\nc\r\n"
        ),
        (">From a\r\nA: b\r\n\r\n", "X-Mailbox-Line: >From a\r\nA: b\r\n\r\n"),
        (">>>From \r\n\r\n", "X-Mailbox-Line: >>>From \r\n\r\n"),
        (
            "From  \t a\r\n>From b\r\nFrom c\r\nFrom: d\r\nFrom e\r\n",
            "X-Mailbox-Line: From  \t a\r\nX-Mailbox-Line: >From b\r\nX-Mailbox-Line: From c\r\nFrom: d\r\nFrom e\r\n"
        ),
        ("From a\r\n b\r\nFrom c\r\nA: b\r\n", "X-Mailbox-Line: From a\r\n b\r\nX-Mailbox-Line: From c\r\nA: b\r\n"),
        ("From \u{e9}\r\nA: b\r\n", "X-Mailbox-Line: From \u{e9}\r\nA: b\r\n"),
        // Lines that are not mbox separators.
        ("From: a\r\n\r\nFrom b\r\n", "From: a\r\n\r\nFrom b\r\n"), ("From  : a\r\n\r\n", "From  : a\r\n\r\n"),
        (">From: a\r\n\r\n", ">From: a\r\n\r\n"), ("A: b\r\nFrom c\r\n", "A: b\r\nFrom c\r\n"),
        ("\r\nFrom a\r\n", "\r\nFrom a\r\n"), ("text\r\nFrom a\r\n", "text\r\nFrom a\r\n"),
        (" From a\r\n", " From a\r\n"), ("From\r\nA: b\r\n", "From\r\nA: b\r\n"), ("from a\r\n", "from a\r\n"),
        ("Fromm a\r\n", "Fromm a\r\n"), ("F>rom a\r\n", "F>rom a\r\n"), ("> From a\r\n", "> From a\r\n"),
        ("Fro", "Fro"), (">>", ">>"), ("From ", "From "), (".From a\r\n", ".From a\r\n"),
    ]

    @Test(
        "mbox separator lines before the header become fields, at every split",
        arguments: mailboxes, [true, false])
    func mailboxLines(of content: (text: String, kept: String), takesKey: Bool) {
        let (text, kept) = content
        let expected = Result(kept: kept, finding: .none, growth: kept.utf8.count - text.utf8.count)
        #expect(filtered(text, takesKey: takesKey) == expected)
        for cut in 0...text.utf8.count {
            #expect(filtered(text, cuts: [cut], takesKey: takesKey) == expected, "cut at \(cut)")
        }
        #expect(filtered(text, cuts: Array(0..<text.utf8.count), takesKey: takesKey) == expected)
    }

    @Test("such a line is recognized after a stuffing dot, which is removed", arguments: [true, false])
    func stuffedMailboxLine(takesKey: Bool) {
        let text = ".From a\r\n.>From b\r\n..From c\r\n"
        let expected = Result(
            kept: "X-Mailbox-Line: From a\r\nX-Mailbox-Line: >From b\r\n..From c\r\n", finding: .none, growth: 32)
        for cut in 0...text.utf8.count {
            #expect(filtered(text, cuts: [cut], isStuffed: true, takesKey: takesKey) == expected, "cut at \(cut)")
        }
    }

    @Test("the key is removed after such a line")
    func keyBehindMailboxLine() {
        let result = filtered("From a\r\nIdempotency-Key: k\r\nA: b\r\n", cuts: [3, 12])
        #expect(
            result == Result(kept: "X-Mailbox-Line: From a\r\nA: b\r\n", finding: .key(Array("k".utf8)), growth: -4))
    }

    @Test("unaffected content passes without a copy")
    func untouched() {
        for text in [
            "Received: x\r\n\r\n", "From: a\r\n b\r\n\r\nX-Posthorse-Send-At: z\r\n", "X-Mailer: x\r\nXa: b\r\n\r\n",
            "\r\n",
            "..\r\n\r\n", "\0", "A: b\r\n\0",
        ] {
            var filter = HeaderFilter(takesKey: false)
            let rest = Array(text.utf8).withUnsafeBytes { filter.pass($0, isStuffed: false) }
            #expect(rest == nil && filter.growth == 0, "\(text)")
        }
    }

    private static let words = [
        "Idempotency-Key", ":", " ", "\r\n", "\r\n", "a", "\t", "Subject: x", ".", "\u{e9}", "idempotency-key: k\r\n",
        ">",
        "From ", "From", "From a\r\n", ">From b\r\n", "Date: x\r\n", "Message-ID: <x>\r\n", "\r\nReceived: a",
    ]

    /// Random header text, and whether it is stuffed.
    private static func sample(_ random: inout SeededGenerator) -> (text: String, isStuffed: Bool) {
        let count = Int.random(in: 1...12, using: &random)
        let text = (0..<count).map { _ in words.randomElement(using: &random)! }.joined()
        return (text, Bool.random(using: &random))
    }

    @Test("a scan finds the same in the header before and after")
    func sameFindings() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<5000 {
            let (text, isStuffed) = Self.sample(&random)
            let kept = filtered(text, isStuffed: isStuffed, takesKey: false).kept
            var (before, after) = (HeaderScanner(), HeaderScanner())
            Array(text.utf8).withUnsafeBytes { before.scan($0, isStuffed: isStuffed) }
            Array(kept.utf8).withUnsafeBytes { after.scan($0, isStuffed: isStuffed) }
            #expect(before.isFinished == after.isFinished, "\(text.debugDescription)")
            #expect(before.receivedFields == after.receivedFields, "\(text.debugDescription)")
            #expect(before.hasDate == after.hasDate && before.messageID == after.messageID, "\(text.debugDescription)")
            #expect(before.hasEightBit == after.hasEightBit, "\(text.debugDescription)")
        }
    }

    @Test("the header ends where the scan says")
    func sameHeader() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<3000 {
            let (text, isStuffed) = Self.sample(&random)
            var scanner = HeaderScanner()
            Array(text.utf8).withUnsafeBytes { scanner.scan($0, isStuffed: isStuffed) }
            let body = Array(text.utf8).dropFirst(scanner.octets)
            #expect(
                Array(filtered(text, isStuffed: isStuffed).kept.utf8).suffix(body.count) == body,
                "\(text.debugDescription)")
            let more = "Idempotency-Key: z\r\n"
            guard scanner.isFinished else { continue }
            #expect(
                Array(filtered(text + more, isStuffed: isStuffed).kept.utf8).suffix(more.utf8.count)
                    == Array(more.utf8)[...])
        }
    }
}
