import TestKit
import Testing

@testable import Mail

/// RFC 2045 sections 2.7 to 2.9, RFC 5321 section 4.5.3.1.6.
@Suite("Body scanner")
struct BodyScannerTests {
    private func needed(_ octets: [UInt8], declared: BodyType, cutAt cut: Int) -> BodyType {
        var scanner = BodyScanner(declared: declared)
        for part in [octets[..<cut], octets[cut...]] { Array(part).withUnsafeBytes { scanner.scan($0) } }
        return scanner.needed
    }

    @Test(
        "one non-ASCII octet is found anywhere",
        arguments: [BodyType.sevenBit, .eightBitMIME, .binaryMIME])
    func eightBit(declared: BodyType) {
        for length in [1, 7, 8, 9, 31, 61, 62, 63, 70, 131] {
            let text = [UInt8](repeating: 0x61, count: length) + Array("\r\n".utf8)
            for cut in 0...text.count {
                #expect(needed(text, declared: declared, cutAt: cut) == .sevenBit)
                for place in 0..<length {
                    var other = text
                    other[place] = 0x80
                    #expect(needed(other, declared: declared, cutAt: cut) == .eightBitMIME)
                }
            }
        }
    }

    @Test(
        "content declared binary is text if it consists of text lines only",
        arguments: [
            ("", BodyType.sevenBit), ("\r\n", .sevenBit), ("a\r\n\r\nb\r\n", .sevenBit),
            ("a\r\n\u{E9}\r\n", .eightBitMIME),
            ("a", .binaryMIME), ("a\r", .binaryMIME), ("\n", .binaryMIME), ("\r", .binaryMIME),
            ("a\nb\r\n", .binaryMIME),
            ("a\r\nb\n", .binaryMIME), ("a\rb\r\n", .binaryMIME), ("\r\r\n", .binaryMIME), ("a\r\n\n\r\n", .binaryMIME),
            ("a\u{0}b\r\n", .binaryMIME), ("\u{E9}\r\n\u{0}", .binaryMIME), ("\r\nend", .binaryMIME),
        ])
    func lines(text: String, expected: BodyType) {
        let octets = Array(text.utf8)
        for cut in 0...octets.count {
            #expect(needed(octets, declared: .binaryMIME, cutAt: cut) == expected, "cut at \(cut)")
        }
    }

    @Test("a line may have 998 octets", arguments: [(998, BodyType.sevenBit), (999, .binaryMIME)])
    func longLine(length: Int, expected: BodyType) {
        let octets = Array((String(repeating: "x", count: length) + "\r\n").utf8)
        for cut in [0, 1, 500, length, length + 1] {
            #expect(needed(octets, declared: .binaryMIME, cutAt: cut) == expected)
            #expect(needed(octets, declared: .eightBitMIME, cutAt: cut) == .sevenBit)
        }
    }

    @Test("the answer is the same at every split")
    func anyParts() {
        var random = SeededGenerator(seed: 6152)
        let alphabet: [UInt8] = [0x0D, 0x0A, 0x61, 0x61, 0x61, 0x80, 0x00]
        for _ in 0..<2000 {
            let octets = (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            var scanner = BodyScanner(declared: .binaryMIME)
            for octet in octets { [octet].withUnsafeBytes { scanner.scan($0) } }
            #expect(scanner.needed == needed(octets, declared: .binaryMIME, cutAt: 0), "\(octets)")
        }
    }
}
