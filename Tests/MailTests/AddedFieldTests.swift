import Testing

@testable import Mail

/// RFC 5322 sections 2.1.1 and 3.6.8, RFC 2047.
@Suite("Header fields that relay.conf adds")
struct AddedFieldTests {
    @Test(
        "are a name, a colon and a value on one line",
        arguments: [
            ("X-SES-CONFIGURATION-SET: bounces", "X-SES-CONFIGURATION-SET: bounces\r\n"),
            ("X-PM-Message-Stream:broadcast", "X-PM-Message-Stream: broadcast\r\n"),
            ("X-Tag: \t a: b \t", "X-Tag: a: b\r\n"), ("Reply-To: a@b", "Reply-To: a@b\r\n"),
            ("X-Tag: caf\u{E9}", "X-Tag: =?utf-8?b?Y2Fmw6k=?=\r\n"),
        ])
    func wire(text: String, wire: String) throws {
        #expect(try AddedField(text).wire == wire)
    }

    @Test(
        "bring no other field, and no octet that some reader takes for a line end",
        arguments: [
            ("X-Tag: a\r\nBcc: b@c", .badValue), ("X-Tag: a\nb", .badValue), ("X-Tag: a\rb", .badValue),
            ("X-Tag: a\u{0}", .badValue), ("X-Tag: a\u{85}b", .badValue), ("X-Tag: a\u{2028}b", .badValue),
            ("X-Tag: a\u{7F}", .badValue), ("X-Tag: \u{FFFD}", .badValue), ("X-Tag", .noColon), (": a", .badName),
            ("X Tag: a", .badName), ("X-T\u{E9}g: a", .badName), ("X-Tag\r\nB: a", .badName), (".X: a", .badName),
            ("X-Tag: ", .noValue), ("X-Tag:", .noValue),
        ] as [(String, AddedField.Fault)])
    func injections(text: String, fault: AddedField.Fault) {
        #expect(throws: fault) { try AddedField(text) }
    }

    @Test(
        "are none that a message, its author or the relay decides about",
        arguments: [
            "From", "sender", "TO", "Cc", "Bcc", "Subject", "Date", "Message-ID", "Received", "Return-Path",
            "MIME-Version", "Content-Type", "content-transfer-encoding", "DKIM-Signature", "ARC-Seal", "Resent-From",
            "X-Posthorse-ID", "X-Posthorse-Stream", "Idempotency-Key", "In-Reply-To", "References",
        ])
    func reserved(name: String) {
        #expect(throws: AddedField.Fault.reserved) { try AddedField("\(name): x") }
    }

    @Test("have lines of at most 998 octets")
    func long() throws {
        #expect(try AddedField("X: " + String(repeating: "a", count: 995)).wire.utf8.count == 1000)
        #expect(throws: AddedField.Fault.tooLong) { try AddedField("X: " + String(repeating: "a", count: 996)) }
        #expect(throws: AddedField.Fault.tooLong) { try AddedField("X: " + String(repeating: "é", count: 9000)) }
    }

    @Test("beyond ASCII are encoded words of whole characters in short lines", arguments: [1, 20, 50, 60, 70, 200])
    func encoded(length: Int) throws {
        let name = "X-" + String(repeating: "n", count: length)
        let value = String(repeating: "a\u{E9}\u{1F40E}", count: 40)
        let wire = try AddedField("\(name): \(value)").wire
        let lines = wire.utf8.split(separator: 0x0A).map { String(decoding: $0.dropLast(), as: UTF8.self) }
        #expect(lines[0].hasPrefix("\(name): "))
        #expect(lines.allSatisfy { $0.utf8.count <= max(76, name.utf8.count + 2) })
        let text = try (String(lines[0].dropFirst(name.count + 2)) + lines.dropFirst().joined())
            .split(separator: " ").map { word in
                #expect(word.count <= 75 && word.hasPrefix("=?utf-8?b?") && word.hasSuffix("?="))
                let octets = try #require(Base64.decode(word.utf8.dropFirst(10).dropLast(2)))
                return try #require(String(validating: octets, as: UTF8.self))
            }.joined()
        #expect(text == value)
    }
}
