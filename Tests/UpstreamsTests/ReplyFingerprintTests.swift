import Mail
import TestKit
import Testing
import Upstreams

@Suite("Reply fingerprints")
struct ReplyFingerprintTests {
    @Test(
        "varying parts are masked",
        arguments: [
            ("554 5.7.1 Rejected: 192.0.2.1 listed at bl.example.net", "554 5.7.1 Rejected: # listed at #"),
            ("550 no", "550 no"), ("550", "550"),
            ("550 5.1.1 <ann@example.org>: no", "550 5.1.1 # : no"),
            ("550 5.1.1 <ann smith: no", "550 5.1.1 # smith: no"),
            (#"550 "ann smith"@example.org is bad"#, "550 # is bad"),
            ("554 host mx.example.net[192.0.2.7] said no (id 4XyZ12)", "554 host # said no (id #"),
            ("550 see https://example.net/why?ip=2001:db8::1 now", "550 see # now"),
            (#"550 say "no" \ twice"#, "550 say 'no' ' twice"), ("550 nein, für Sie", "550 nein, f??r Sie"),
            ("550 o65sm25351206pga.71 - gsmtp", "550 # - gsmtp"),
        ])
    func masks(reply: String, fingerprint: String) throws {
        let reply = try #require(Reply(parsing: reply))
        #expect(ReplyFingerprint(reply).description == fingerprint)
    }

    @Test("it is one line of at most 120 harmless octets, whatever a server sends", arguments: 0..<50 as Range<UInt64>)
    func harmless(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let lines = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
            let octets = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            return String(decoding: octets, as: UTF8.self)
        }
        let text = ReplyFingerprint(Reply(550, EnhancedStatusCode(5, 7, 1), lines: lines)).description
        #expect(text.utf8.count <= ReplyFingerprint.limit)
        #expect(text.hasPrefix("550 5.7.1"))
        #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
    }

    @Test("lines are joined")
    func lines() {
        let reply = Reply(554, nil, lines: ["Blocked", "", "by policy 17"])
        #expect(ReplyFingerprint(reply).description == "554 Blocked by policy #")
    }
}
