import Mail
import NIOCore
import TestKit
import Testing

@testable import Ingress

@Suite("The field Idempotency-Key")
struct KeyFieldFilterTests {
    private struct Result: Equatable {
        var kept: String
        var finding: KeyFieldFilter.Finding
        var removed: Int
    }

    /// - Parameter cuts: where the content is cut.
    private func filtered(_ text: String, cuts: [Int] = [], isStuffed: Bool = false) -> Result {
        var filter = KeyFieldFilter()
        let bytes = Array(text.utf8)
        var kept = ""
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            bytes[start..<end].withUnsafeBytes { part in
                kept +=
                    filter.pass(part, isStuffed: isStuffed).map { String(buffer: $0) }
                    ?? String(decoding: part, as: UTF8.self)
            }
        }
        kept += filter.finish().map { String(buffer: $0) } ?? ""
        return Result(kept: kept, finding: filter.finding, removed: filter.removed)
    }

    static let cases: [(text: String, kept: String, finding: KeyFieldFilter.Finding)] = [
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

    @Test("is taken out of the header, and of nothing else, wherever the content is cut", arguments: cases)
    func filters(text: String, kept: String, finding: KeyFieldFilter.Finding) {
        let expected = Result(kept: kept, finding: finding, removed: text.utf8.count - kept.utf8.count)
        #expect(filtered(text) == expected)
        for cut in 0...text.utf8.count { #expect(filtered(text, cuts: [cut]) == expected, "cut at \(cut)") }
        #expect(filtered(text, cuts: Array(0..<text.utf8.count)) == expected)
    }

    /// RFC 5321 section 4.5.2.
    static let stuffed: [(text: String, kept: String, finding: KeyFieldFilter.Finding, removed: Int)] = [
        (".Idempotency-Key: k\r\nA: b\r\n\r\n", "A: b\r\n\r\n", .key(Array("k".utf8)), 20),
        ("Idempotency-Key:\r\n. k\r\n.A: b\r\n", ".A: b\r\n", .key(Array("k".utf8)), 22),
        ("..Idempotency-Key: k\r\n\r\n", "..Idempotency-Key: k\r\n\r\n", .none, 0),
        ("A: b\r\n. Idempotency-Key: k\r\n.Idem", "A: b\r\n. Idempotency-Key: k\r\n.Idem", .none, 0),
        (".Idempotency-Keys: k\r\n.\r\n", ".Idempotency-Keys: k\r\n.\r\n", .none, 0),
        ("A: b\r\n.", "A: b\r\n.", .none, 0),
    ]

    @Test("is known behind a dot that is not meant, and such dots stay elsewhere", arguments: stuffed)
    func unstuffs(text: String, kept: String, finding: KeyFieldFilter.Finding, removed: Int) {
        let expected = Result(kept: kept, finding: finding, removed: removed)
        for cut in 0...text.utf8.count {
            #expect(filtered(text, cuts: [cut], isStuffed: true) == expected, "cut at \(cut)")
        }
        #expect(filtered(text, cuts: Array(0..<text.utf8.count), isStuffed: true) == expected)
    }

    @Test("may have any white space around it, and nothing behind that", arguments: [1, 50, 300, 600, 5000])
    func space(count: Int) {
        let space = String(repeating: " ", count: count)
        let key = KeyFieldFilter.Finding.key(Array("k".utf8))
        #expect(filtered("Idempotency-Key: k\(space)\r\n\r\n").finding == key)
        #expect(filtered("Idempotency-Key: k\(space)text\r\n\r\n").finding == .invalid)
        #expect(filtered("Idempotency-Key:\(space)k\r\n \r\n\r\n").finding == key)
        let name = filtered("Idempotency-Key\(space): k\r\nA: b\r\n\r\n", cuts: [20])
        #expect(name.finding == key && name.kept == "A: b\r\n\r\n")
    }

    @Test("has at most 256 octets", arguments: [(256, true), (257, false), (5000, false)])
    func limit(count: Int, isValid: Bool) {
        let key = [UInt8](repeating: UInt8(ascii: "k"), count: count)
        let text = "Idempotency-Key: \(String(decoding: key, as: UTF8.self))\r\n\r\n"
        #expect(filtered(text).finding == (isValid ? .key(key) : .invalid))
    }

    @Test("ends its header where the scan of the header does")
    func sameHeader() {
        var random = SeededGenerator(seed: 5)
        let words = [
            "Idempotency-Key", ":", " ", "\r\n", "\r\n", "a", "\t", "Subject: x", ".", "\u{e9}",
            "idempotency-key: k\r\n",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 1...12, using: &random)
            let isStuffed = Bool.random(using: &random)
            let text = (0..<count).map { _ in words.randomElement(using: &random)! }.joined()
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
