import Mail
import Notices
import Testing

@Suite("Notices about hostile mail")
struct HostileInputTests {
    private func lines(_ octets: [UInt8]) -> [ArraySlice<UInt8>] {
        octets.split(separator: 0x0A, omittingEmptySubsequences: false)
    }

    @Test("Any input becomes a message in wire form that says what it needs", arguments: 1...10)
    func anything(block: Int) {
        for seed in UInt64(block * 50)..<UInt64(block * 50 + 50) {
            let sample = HostileSample(seed: seed, hasCommonAddress: false).sample
            check(sample.notice, "seed \(seed)")
            #expect(count("Final-Recipient: ", in: sample) == sample.facts.recipients.count, "seed \(seed)")
        }
    }

    private func check(_ notice: Notice, _ comment: Comment) {
        let octets = notice.header + notice.content
        var lines = lines(octets)
        #expect(lines.removeLast().isEmpty, comment)
        for line in lines {
            let text = line.dropLast()
            #expect(line.last == 0x0D && !text.contains(0x0D) && !text.contains(0), comment)
            #expect(text.first != 0x2E || text.starts(with: [0x2E, 0x2E]), comment)
            #expect(text.count <= 998 + (text.first == 0x2E ? 1 : 0), comment)
        }
        let header = lines.prefix { $0 != [0x0D] }
        #expect(header.joined().contains { $0 >= 0x80 } == notice.options.usesUTF8, comment)
        #expect(octets.contains { $0 >= 0x80 } == (notice.body == .eightBitMIME), comment)
        #expect(octets.count - lines.count { $0.first == 0x2E } == notice.size, comment)
    }

    /// Lines with this beginning in the report.
    private func count(_ beginning: String, in sample: Sample) -> Int {
        let lines = sample.text.split(separator: "\n", omittingEmptySubsequences: false)
        let report = lines.drop { $0 != "Content-Description: Delivery report" }.prefix {
            $0 != "Content-Description: Header of your message" && $0 != "Content-Description: Your message"
        }
        return report.count { $0.hasPrefix(beginning) }
    }

    @Test("An upstream's reply cannot add a line to the report, nor a colour to a terminal")
    func reply() {
        var sample = Sample()
        sample.facts.recipients[0].reply = "550 no\r\nAction: delivered\r\n\r\n\u{1B}[31mred\u{7}\u{202E}\0"
        #expect(sample.text.contains("Diagnostic-Code: smtp; 550 no Action: delivered [31mred\n"))
        #expect(sample.text.contains("    The server ses replied: 550 no Action: delivered [31mred\n"))
    }

    @Test("A reply without a code is the relay's own finding")
    func ownWords() {
        var sample = Sample()
        sample.facts.recipients[0].reply = "no upstream can carry it"
        #expect(sample.text.contains("Diagnostic-Code: x-posthorse; no upstream can carry it\n"))
        #expect(sample.text.contains("Reason: no upstream can carry it\n"))
    }

    @Test("A long reply is folded in the report, and one long word is broken")
    func longReply() {
        var sample = Sample()
        sample.facts.recipients[0].reply = "550 " + String(repeating: "word ", count: 60)
        #expect(sample.text.split(separator: "\n").allSatisfy { $0.count <= 78 })
        sample.facts.recipients[0].reply = "550 " + String(repeating: "w", count: 2_000)
        check(sample.notice, "one word")
    }
}
