import TestKit
import Testing

@testable import Mail

/// RFC 2045 section 6, RFC 2046 section 5.
@Suite("Downgrading arbitrary 8-bit mail")
struct DowngradePropertyTests {
    /// Generates mails of all kinds, with known parts.
    private struct Maker {
        var random: SeededGenerator
        private var boundaries = 0

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
        }

        mutating func entity(depth: Int) -> [UInt8] {
            var fields = ["X-A: b\r\n", "MIME-Version: 1.0\r\n"]
            let body: [UInt8]
            switch Int.random(in: 0...(depth < 4 ? 5 : 3), using: &random) {
            case 0...3: body = leaf(&fields)
            case 4:
                fields += ["Content-Type: message/rfc822\r\n", label(["7bit", "8bit", "binary"])]
                body = entity(depth: depth + 1)
            default: body = multipart(&fields, depth)
            }
            fields.shuffle(using: &random)
            return Array(fields.joined().utf8) + [0x0D, 0x0A] + body
        }

        private mutating func label(_ words: [String]) -> String {
            let name = ["Content-Transfer-Encoding", "content-transfer-encoding"].randomElement(using: &random)!
            return "\(name): \(words.randomElement(using: &random)!)\r\n"
        }

        private mutating func multipart(_ fields: inout [String], _ depth: Int) -> [UInt8] {
            boundaries += 1
            let boundary = "b \(boundaries)x"
            fields += ["Content-Type: multipart/mixed;\r\n boundary=\"\(boundary)\"\r\n"]
            if Bool.random(using: &random) { fields.append(label(["7bit", "8bit", "Binary"])) }
            var body = octets(20) + [0x0D, 0x0A]
            for _ in 0...Int.random(in: 0...2, using: &random) {
                body += Array("--\(boundary)\r\n".utf8) + entity(depth: depth + 1) + [0x0D, 0x0A]
            }
            return body + Array("--\(boundary)--\r\n".utf8) + octets(20)
        }

        private mutating func leaf(_ fields: inout [String]) -> [UInt8] {
            fields.append("Content-Type: \(["text/plain; charset=utf-8", "a/b"].randomElement(using: &random)!)\r\n")
            let octets = octets([0, 1, 30, 500].randomElement(using: &random)!)
            switch Int.random(in: 0...3, using: &random) {
            case 0:
                fields.append(label(["base64", "BASE64"]))
                return Array(Base64.encode(octets).utf8)
            case 1: return octets
            default:
                fields.append(label(["8bit", "binary", "7bit", "8BIT"]))
                return octets
            }
        }

        /// Lines that are hard to encode, or to tell from delimiters.
        private mutating func octets(_ count: Int) -> [UInt8] {
            var octets: [UInt8] = []
            while octets.count < count {
                switch Int.random(in: 0...7, using: &random) {
                case 0: octets += [0x0D, 0x0A]
                case 1: octets += [0x20, 0x09].shuffled(using: &random)
                case 2: octets.append(UInt8.random(in: 0x80...0xFF, using: &random))
                case 3: octets += Array("--b ".utf8)
                case 4: octets += Array("=3D.=".utf8)
                case 5: octets += [UInt8](repeating: 0x79, count: Int.random(in: 1...90, using: &random))
                default: octets.append(UInt8.random(in: 0x20...0x7E, using: &random))
                }
            }
            return octets
        }
    }

    @Test("decodes to the original, has no 8-bit octets, and is the same at every split")
    func sameContent() {
        for seed in 1...1500 as ClosedRange<UInt64> {
            var maker = Maker(seed: seed)
            let content = maker.entity(depth: 0) + [0x0D, 0x0A]
            let result = downgraded(content)
            #expect(MIMEReader(result).leaves == MIMEReader(content).leaves, "seed \(seed)")
            #expect(result.allSatisfy { $0 < 0x80 }, "seed \(seed)")
            #expect(downgraded(content, cutAt: someCuts(content.count, &maker.random)) == result, "seed \(seed)")
            #expect(downgraded(result) == result, "seed \(seed)")
        }
    }

    @Test("damaged mail has some result, the same at every split")
    func damaged() {
        for seed in 1...1500 as ClosedRange<UInt64> {
            var maker = Maker(seed: seed)
            var content = maker.entity(depth: 0)
            for _ in 0...Int.random(in: 0...6, using: &maker.random) {
                let place = Int.random(in: 0..<content.count, using: &maker.random)
                switch Int.random(in: 0...2, using: &maker.random) {
                case 0: content[place] = UInt8.random(in: 0...255, using: &maker.random)
                case 1: content.removeSubrange(place..<min(content.count, place + 5))
                default:
                    content.insert(
                        contentsOf: [0x0D, 0x0A, 0x22, 0x28, 0x3B].shuffled(using: &maker.random), at: place)
                }
                guard !content.isEmpty else { break }
            }
            let result = downgraded(content)
            #expect(downgraded(content, cutAt: someCuts(content.count, &maker.random)) == result, "seed \(seed)")
        }
    }
}
