import Mail
import Mailbox
import TestKit
import Testing

/// Random servers, and known ones with random noise.
@Suite("Noise")
struct NoiseTests {
    /// What an IMAP server may say between any two responses without a consequence.
    private static let noise = [
        "* 5 FETCH (FLAGS (\\Seen $Label [x]))", "* OK [ALERT] Quota: 90% {7}", "* FLAGS (\\Answered)", "* 0 RECENT",
        "* XYZZY (a (b \"c)\"))", "* STATUS INBOX (MESSAGES 3)", "* NO disk is full", "* BAD what", "* OK", "",
        "* 77 FETCH (UID 4711 BODY[HEADER] «X-Probe: not asked for⏎») ", "* VANISHED 1:7", "* ENABLED UTF8=ACCEPT",
    ]

    @Test("untagged noise changes nothing", arguments: IMAPTranscripts.all.map(\.name), 0..<20)
    func untagged(name: String, seed: UInt64) throws {
        let text = try #require(IMAPTranscripts.all.first { $0.name == name }).text
        var generator = SeededGenerator(seed: seed)
        var lines: [Substring] = []
        for line in text.split(separator: "\n") {
            // Behind the greeting, and before the end.
            if line.hasPrefix("S:"), lines.contains(where: { $0.hasPrefix("S:") }) {
                let count = Int.random(in: 0...2, using: &generator)
                lines += (0..<count).map { _ in "S: \(Self.noise.randomElement(using: &generator)!)" }
            }
            lines.append(line)
        }
        let transcript = Transcript(lines.joined(separator: "\n"))
        let play = IMAPPlay()
        play.play(transcript, .none)
        #expect(play.events == transcript.events, "seed \(seed)")
        #expect(play.lines == transcript.client, "seed \(seed)")
    }

    @Test("random octets neither trap nor grow", arguments: 0..<40)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet =
            Array("* A1OK BYE+{}()[]<>\"\\\r\n\r\n0123456789FETCHUIDSEARCHLIST. -ERR".utf8) + [0xFE, 0, 0xFF]
        for _ in 0..<25 {
            let count = Int.random(in: 0...3_000, using: &generator)
            let octets = (0..<count).map { _ in
                generator.next() % 8 == 0
                    ? UInt8.random(in: 0...255, using: &generator)
                    : alphabet.randomElement(using: &generator)!
            }
            octets.withUnsafeBytes(fuzzIMAP)
            octets.withUnsafeBytes(fuzzPOP3)
        }
    }

    @Test("known sessions with mistakes neither trap nor grow", arguments: 0..<40)
    func mutated(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for (_, text) in IMAPTranscripts.all {
            mutant(text, &generator).withUnsafeBytes(fuzzIMAP)
        }
        for (_, text) in POP3Transcripts.all {
            mutant(text, &generator).withUnsafeBytes(fuzzPOP3)
        }
    }

    /// A transcript's server, which waits where the owner acts, with octets changed, dropped and doubled.
    private func mutant(_ text: String, _ generator: inout SeededGenerator) -> [UInt8] {
        var octets = (0..<5).map { _ in UInt8.random(in: 0...255, using: &generator) }
        // In clear text and allowed, so that sessions get far.
        octets[0] &= 0xF8
        for step in Transcript(text).steps {
            if case .server(let part) = step { octets += part + [0xFE] }
        }
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            let index = Int.random(in: 5..<octets.count, using: &generator)
            switch generator.next() % 4 {
            case 0: octets[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: octets.remove(at: index)
            case 2: octets.insert(0xFE, at: index)
            default: octets += octets[index..<min(index + 80, octets.count)]
            }
        }
        return octets
    }
}
