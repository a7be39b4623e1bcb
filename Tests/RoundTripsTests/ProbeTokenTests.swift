import Mail
import RoundTrips
import TestKit
import Testing

@Suite("Probe tokens")
struct ProbeTokenTests {
    let key = ProbeKey.sample()

    @Test("a token is read as it was written", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let path = TripPath(
            trip: someText(upTo: ProbeToken.nameLimit, &generator),
            upstream: Bool.random(using: &generator) ? nil : someText(upTo: ProbeToken.nameLimit, &generator),
            mailbox: someText(upTo: ProbeToken.addressLimit, &generator))
        let time = Timestamp(milliseconds: .random(in: 0...Int64.max, using: &generator))
        let token = try #require(
            ProbeToken(path, sentAt: time, number: .random(in: 0...UInt64.max, using: &generator)), "seed \(seed)")
        let text = try #require(token.text(key))
        #expect(text.utf8.count <= ProbeToken.lengthLimit)
        #expect(text.utf8.allSatisfy { 0x2D...0x7A ~= $0 })
        #expect(ProbeToken(text.utf8, key) == token, "seed \(seed)")
        #expect(ProbeToken(messageID: "<\(text)@relay.example>".utf8, key) == token)
        let half = text.index(text.startIndex, offsetBy: text.count / 2)
        #expect(ProbeToken(fieldValue: " \(text[..<half])\r\n \(text[half...]) ".utf8, key) == token)
    }

    @Test("nobody else's message is a probe: any change of a token is refused", arguments: 0..<50 as Range<UInt64>)
    func forgery(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let text = Array(try #require(ProbeToken.sample(number: seed).text(key)).utf8)
        for place in text.indices {
            var changed = text
            changed[place] = .random(in: 0...255, using: &generator)
            guard changed != text else { continue }
            #expect(ProbeToken(changed, key) == nil, "seed \(seed), place \(place)")
            #expect(ProbeToken(text[..<place], key) == nil)
            #expect(ProbeToken(text[..<place] + text[(place + 1)...], key) == nil)
        }
        #expect(ProbeToken(text + Array("A".utf8), key) == nil)
        #expect(ProbeToken(text, .sample(2)) == nil)
    }

    @Test("noise is refused", arguments: 0..<200 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let octets = (0..<Int.random(in: 0...2000, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        #expect(ProbeToken(octets, key) == nil)
        #expect(ProbeToken(Array("p1.".utf8) + octets, key) == nil)
        #expect(ProbeToken(messageID: Array("<p1.".utf8) + octets + Array("@x>".utf8), key) == nil)
    }

    @Test("a key that fails makes no token, and reads none")
    func noKey() throws {
        let text = try #require(ProbeToken.sample().text(key))
        #expect(ProbeToken.sample().text(ProbeKey { _ in nil }) == nil)
        #expect(ProbeToken.sample().text(ProbeKey { _ in [1, 2, 3] }) == nil)
        #expect(ProbeToken(text.utf8, ProbeKey { _ in nil }) == nil)
    }

    @Test("names that are empty or too long have no token", arguments: ["", String(repeating: "x", count: 65)])
    func names(name: String) {
        let mailbox = "a@example.net"
        #expect(ProbeToken(TripPath(trip: name, upstream: nil, mailbox: mailbox), sentAt: .sample, number: 1) == nil)
        #expect(ProbeToken(TripPath(trip: "t", upstream: name, mailbox: mailbox), sentAt: .sample, number: 1) == nil)
    }
}

@Suite("Probe messages")
struct ProbeMessageTests {
    let key = ProbeKey.sample()

    func message(_ path: TripPath = .sample(), sender: String = "relay@example.com") -> ProbeMessage? {
        ProbeMessage(
            .sample(path), key: key, sender: Address(unchecked: sender),
            recipient: Address(unchecked: path.mailbox), hostname: "relay.example.com")
    }

    @Test("the header is that of an automatic message, with the token twice")
    func header() throws {
        let message = try #require(self.message())
        let text = String(decoding: message.octets, as: UTF8.self)
        for line in [
            "Date: Sat, 21 Nov 2026 10:00:00 +0000", "From: relay@example.com", "To: probe@example.net",
            "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", "MIME-Version: 1.0",
            "Message-ID: \(message.messageID)",
        ] {
            #expect(text.contains("\(line)\r\n"))
        }
        #expect(ProbeToken(messageID: message.messageID.utf8, key) == .sample())
        #expect(text.contains("Through: ses\r\n"))
    }

    @Test("every message is 7 bit, with short lines and no dot at the start of one", arguments: 0..<50 as Range<UInt64>)
    func wireForm(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let path = TripPath(
            trip: someText(upTo: 64, &generator), upstream: someText(upTo: 64, &generator), mailbox: "a@example.net")
        let octets = try #require(self.message(path)).octets
        let lines = String(decoding: octets, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(octets.allSatisfy { $0 == 0x0D || $0 == 0x0A || 0x20..<0x7F ~= $0 }, "seed \(seed)")
        #expect(octets.count { $0 == 0x0A } == lines.count - 1)
        #expect(lines.last == "")
        for line in lines {
            let hasToken = line.hasPrefix("Message-ID: ") || line.hasPrefix(ProbeToken.fieldName)
            #expect(line.utf8.count <= (hasToken ? 998 : 80), "seed \(seed)")
            #expect(!line.hasPrefix("."))
        }
    }

    @Test(
        "an address that a header of 7 bits cannot have makes no message",
        arguments: ["üli@example.com", "a b@example.com", "a@exa mple.com", "a@x\r\nBcc: b@example.com", "@x", "\"a@x"])
    func addresses(sender: String) {
        #expect(message(sender: sender) == nil)
    }

    @Test(
        "quoted local parts and literals may stand",
        arguments: [#""a b"@example.com"#, "a@[192.0.2.1]", "a+b@x-y.example"])
    func unusual(sender: String) {
        #expect(message(sender: sender) != nil)
    }
}

extension String {
    /// The parts between the separators.
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
