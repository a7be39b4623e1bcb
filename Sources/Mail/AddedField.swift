/// A header field that relay.conf puts in front of messages at hand-over.
package struct AddedField: Hashable, Sendable {
    /// Why a text is no such field.
    package enum Fault: Error, Hashable, Sendable {
        case noColon, badName, reserved, noValue, badValue, tooLong
    }

    /// Maximum octets of a line (RFC 5322 section 2.1.1).
    private static let longest = 998
    /// Those that every message has, or may have once, from somebody else: whoever could add them could change what a
    /// message is, or where it goes.
    private static let reserved: Set<String> = [
        "bcc", "cc", "date", "dkim-signature", "from", "idempotency-key", "in-reply-to", "message-id", "mime-version",
        "received", "references", "return-path", "sender", "subject", "to",
    ]
    private static let reservedPrefixes = ["content-", "resent-", "arc-", "x-posthorse-"]

    package let name: String
    /// As relay.conf has it.
    package let value: String
    /// The field as sent, with its line end. No line begins with a dot.
    package let wire: String

    /// - Parameter text: `Name: value`; a value beyond ASCII is sent as encoded words (RFC 2047).
    package init(_ text: String) throws(Fault) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .noColon }
        let name = String(text[..<colon])
        let value = Self.trimmed(text[text.utf8.index(after: colon)...])
        // RFC 5322 section 3.6.8. A dot at its start would have to be stuffed.
        guard !name.isEmpty, !name.hasPrefix("."), name.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw .badName
        }
        let lower = name.lowercased()
        guard !Self.reserved.contains(lower), !Self.reservedPrefixes.contains(where: { lower.hasPrefix($0) }) else {
            throw .reserved
        }
        guard !value.isEmpty else { throw .noValue }
        // U+0080 to U+009F, and line ends of Unicode, would be control characters for some readers.
        guard value.unicodeScalars.allSatisfy({ !Self.isControl($0) }) else { throw .badValue }
        let isASCII = value.utf8.allSatisfy { $0 < 0x80 }
        let encoded = isASCII ? value : EncodedWords.fold(value, behind: name.utf8.count + 2)
        let isLong = encoded.split(separator: "\r\n").contains { $0.utf8.count > Self.longest - name.utf8.count - 2 }
        guard !isLong, encoded.utf8.count <= 16 << 10 else { throw .tooLong }
        (self.name, self.value, wire) = (name, value, "\(name): \(encoded)\r\n")
    }

    /// For comparison with the fields of a message.
    package var lowerName: String { name.lowercased() }

    /// As relay.conf has it.
    package var text: String { "\(name): \(value)" }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar == "\u{FFFD}"
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let octets = text.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        let end = octets.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { octets.index(after: $0) } ?? octets.startIndex
        return String(Substring(octets[..<end]))
    }
}

/// Text beyond ASCII in a header field (RFC 2047 section 2): base64 of UTF-8, in words of at most 75 characters, one a
/// line.
enum EncodedWords {
    private static let start = "=?utf-8?b?"
    private static let end = "?="
    /// Maximum characters of a line with encoded words.
    private static let line = 76
    /// Octets that fit into a word of 75 characters.
    private static let octets = (75 - 12) / 4 * 3

    /// - Parameter used: octets of the first line that are taken already.
    static func fold(_ text: String, behind used: Int) -> String {
        var words: [String] = []
        var part: [UInt8] = []
        var room = max(min(octets, (line - used - 12) / 4 * 3), 0)
        // Of no room, the first line stays empty but for the name, which no reader minds.
        if room < 4 { (room, words) = (octets, [""]) }
        for scalar in text.unicodeScalars {
            // A word holds whole characters (section 5).
            if part.count + UTF8.width(scalar) > room {
                words.append(word(part))
                (part, room) = ([], octets)
            }
            part += Array(String(scalar).utf8)
        }
        return (words + [word(part)]).joined(separator: "\r\n ")
    }

    private static func word(_ part: [UInt8]) -> String { start + Base64.encode(part) + end }
}
