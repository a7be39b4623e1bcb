import Testing

@testable import Telemetry

@Suite("Escaping of values")
struct EscapingTests {
    private static func escaped(_ octets: [UInt8]) -> [UInt8] {
        var buffer = LogBuffer()
        octets.withUnsafeBytes { buffer.appendEscaped($0) }
        return buffer.withBytes { Array($0) }
    }

    /// The same octet by octet, by the rules only.
    private static func expected(_ octets: [UInt8]) -> [UInt8] {
        octets.flatMap { octet -> [UInt8] in
            switch octet {
            case 0x22: Array(#"\""#.utf8)
            case 0x5C: Array(#"\\"#.utf8)
            case 0x0A: Array(#"\n"#.utf8)
            case 0x0D: Array(#"\r"#.utf8)
            case 0x09: Array(#"\t"#.utf8)
            case 0..<0x20, 0x7F:
                Array("\\u00".utf8) + [octet >> 4, octet & 15].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
            default: [octet]
            }
        }
    }

    @Test("each octet at each place of an eight-octet word, among each kind of neighbours", arguments: 0..<8)
    func everyOctet(place: Int) {
        var wrong: [[UInt8]] = []
        // What begins a longer sequence has a case of its own below.
        for octet in UInt8.min...UInt8.max where octet != 0xC2 && octet != 0xE2 {
            for neighbour in [UInt8(ascii: "a"), 0x20, 0x21, 0x23, 0x7E, 0x80, 0xFF, 0x22] {
                // A sequence that begins in one word ends in the next one.
                for length in [8, 9, 16, 21] {
                    var octets = [UInt8](repeating: neighbour, count: length)
                    octets[place] = octet
                    if Self.escaped(octets) != Self.expected(octets) { wrong.append(octets) }
                }
            }
        }
        #expect(wrong == [])
    }

    @Test("each octet at each place decides whether a value is a word", arguments: 0..<8)
    func words(place: Int) {
        var wrong: [[UInt8]] = []
        for octet in UInt8.min...UInt8.max {
            let isWord = octet > 0x20 && octet < 0x7F && ![0x22, 0x5C, 0x3D].contains(octet)
            for length in [8, 9, 16, 21] {
                var octets = [UInt8](repeating: UInt8(ascii: "~"), count: length)
                octets[place] = octet
                if octets.withUnsafeBytes({ OctetRun.isWord($0) }) != isWord { wrong.append(octets) }
            }
        }
        #expect(wrong == [])
    }

    @Test(
        "C1, line separators and direction marks at each place; other letters that begin alike stay", arguments: 0..<8)
    func sequences(place: Int) {
        let cases: [(String, String)] = [
            ("\u{85}", "\\u0085"), ("\u{9B}", "\\u009b"), ("\u{2028}", "\\u2028"), ("\u{202E}", "\\u202e"),
            ("\u{200F}", "\\u200f"), ("\u{2066}", "\\u2066"), ("\u{A0}", "\u{A0}"), ("\u{A9}", "\u{A9}"),
            ("\u{20AC}", "\u{20AC}"), ("…", "…"),
        ]
        let (before, after) = (String(repeating: "a", count: place), "zzzzzzzzz")
        for (text, shown) in cases {
            let found = Self.escaped(Array((before + text + after).utf8))
            #expect(String(decoding: found, as: UTF8.self) == before + shown + after)
        }
    }

    @Test(
        "a sequence that is cut off at the end stays as it is", arguments: [[0xC2], [0xE2], [0xE2, 0x80]] as [[UInt8]])
    func ends(octets: [UInt8]) {
        let text = Array("aaaaaaa".utf8) + octets
        #expect(Self.escaped(text) == text)
    }
}
