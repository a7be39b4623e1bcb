import TestKit
import Testing

@testable import SMTP

@Suite("Framing of mail data")
struct DataFramerTests {
    /// The framer's result for an input split at these places.
    struct Framing: Equatable {
        var content: [UInt8] = []
        var rest: [UInt8] = []
        var ended = false
        var bare = false
        var hidden = false
        var size = 0
    }

    static func frame(_ input: [UInt8], cuts: [Int]) -> Framing {
        var framer = DataFramer()
        var result = Framing()
        var held: [UInt8] = []
        var last = 0
        for cut in cuts + [input.count] {
            held += input[last..<cut]
            last = cut
            guard !result.ended else { continue }
            let part = held.withUnsafeBytes { framer.scan($0) }
            #expect(held.count - part.consumed <= 2 || part.isLast)
            result.content += held[..<part.content]
            held.removeFirst(part.consumed)
            result.ended = part.isLast
        }
        result.rest = held
        result.bare = framer.hasBareLineEnd
        result.hidden = framer.hasHiddenEnd
        result.size = framer.size
        return result
    }

    static let cleanInputs: [(String, String, Int)] = [
        (".\r\n", "", 0),
        ("a\r\n.\r\n", "a\r\n", 3),
        ("a\r\n..\r\n.\r\n", "a\r\n..\r\n", 6),
        ("..a\r\n.b\r\n\r\n.\r\nQUIT\r\n", "..a\r\n.b\r\n\r\n", 9),
        ("\r\n.\r\n", "\r\n", 2),
        ("a\0b\r\n.\r\n", "a\0b\r\n", 5), ("\0\r\n.\r\n", "\0\r\n", 3), ("\0.a\r\n.\r\n", "\0.a\r\n", 5),
        ("..\0\r\n.\r\n", "..\0\r\n", 4), ("\0..\r\n.\r\n", "\0..\r\n", 5), (".\0.\r\n.\r\n", ".\0.\r\n", 4),
        ("a.\0\r\n.\r\n", "a.\0\r\n", 5), ("\0 .\r\n.\r\n", "\0 .\r\n", 5),
        ("a.\r\n .\r\n.\r\n", "a.\r\n .\r\n", 8),
    ]

    /// RFC 5321 sections 2.3.8 and 4.1.1.4.
    @Test("only CRLF, dot, CRLF ends the data, at every split", arguments: cleanInputs)
    func clean(input: String, content: String, size: Int) {
        let bytes = Array(input.utf8)
        for cut in 0...bytes.count {
            let result = Self.frame(bytes, cuts: [cut])
            #expect(result.content == Array(content.utf8))
            #expect(result.ended && !result.bare && !result.hidden)
            #expect(result.size == size)
            #expect(result.rest.count == bytes.count - content.utf8.count - 3)
        }
        #expect(Self.frame(bytes, cuts: Array(0..<bytes.count)) == Self.frame(bytes, cuts: []))
    }

    static let dirtyInputs = [
        "a\nb", "a\rb", "\n.\n", "\r.\r", "\r\n.\n", "\n.\r\n", "\r\n.\r", "a\r\r\n", "\r\r\n", "\n\r\n", ".\n",
        ".\r\r\n",
        "a\0\n", "\r\n.\r\r\n", "\n\n.\n\n", "a\r\0\n", "x\r\n.\rMAIL\r\n", "\r\n\n.\r\n",
    ]

    @Test("a bare CR or LF is detected, ends nothing, and octets after the real end are left", arguments: dirtyInputs)
    func dirty(text: String) {
        let bytes = Array("a\(text)b\r\n.\r\nRSET\r\n".utf8)
        let whole = Self.frame(bytes, cuts: [])
        #expect(whole.ended && whole.bare)
        #expect(whole.rest == Array("RSET\r\n".utf8))
        for cut in 0...bytes.count {
            #expect(Self.frame(bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(Self.frame(bytes, cuts: Array(0..<bytes.count)) == whole)
    }

    @Test(
        "a dot among NULs is detected on any line, and ends nothing",
        arguments: ["\0.", ".\0", "\0.\0", "\0\0\0.", ".\0\0\0", "\0\0.\0\0"],
        ["", "a\r\n", "\r\n", "\0\r\n", "..\r\n"])
    func hidden(line: String, before: String) {
        let bytes = Array("\(before)\(line)\r\nb\r\n.\r\nRSET\r\n".utf8)
        let whole = Self.frame(bytes, cuts: [])
        #expect(whole.ended && whole.hidden && !whole.bare)
        #expect(whole.rest == Array("RSET\r\n".utf8))
        for cut in 0...bytes.count {
            #expect(Self.frame(bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(Self.frame(bytes, cuts: Array(0..<bytes.count)) == whole)
    }

    @Test("any mixture of CR, LF, dot and text is framed as the RFC says")
    func model() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4000 {
            let length = Int.random(in: 0..<24, using: &random)
            let bytes = (0..<length).map { _ in Array("\r\n.a".utf8).randomElement(using: &random)! }
            let cuts = (0..<3).map { _ in Int.random(in: 0...length, using: &random) }.sorted()
            let result = Self.frame(bytes, cuts: cuts)
            let expected = Self.plainReading(bytes)
            #expect(result.ended == (expected != nil), "seed \(seed): \(bytes)")
            guard let expected else { continue }
            #expect(result.content == Array(bytes[..<expected.end]), "seed \(seed): \(bytes)")
            #expect(result.bare == expected.bare, "seed \(seed): \(bytes)")
        }
    }

    /// The slow way: the position of the final dot, and whether a bare CR or LF precedes it; nil without a final dot.
    private static func plainReading(_ bytes: [UInt8]) -> (end: Int, bare: Bool)? {
        let padded = [0x0D, 0x0A] + bytes
        let end = (0..<padded.count).first { Array(padded[$0...].prefix(5)) == [0x0D, 0x0A, 0x2E, 0x0D, 0x0A] }
        guard let end else { return nil }
        let content = bytes[..<end]
        let bare = content.indices.contains { index in
            (bytes[index] == 0x0A && (index == 0 || bytes[index - 1] != 0x0D))
                || (bytes[index] == 0x0D && (index + 1 == bytes.count || bytes[index + 1] != 0x0A))
        }
        return (end, bare)
    }
}
