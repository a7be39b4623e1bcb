/// Octets of a peer as text that is safe for a terminal and for one line.
///
/// Control characters, what is not UTF-8, separators of lines and marks of direction become escapes: `\t`, `\x1B`,
/// `\u{202E}`. A backslash is doubled, so that an escape cannot be mistaken for what was sent.
enum VisibleText {
    /// - Parameter hidden: octets that are left out; `…` stands for each run of them. Empty for none.
    static func of(_ octets: [UInt8], hiding hidden: [Bool] = []) -> String {
        if hidden.isEmpty, octets.allSatisfy(isPlain) { return String(decoding: octets, as: UTF8.self) }
        var (text, index) = ("", 0)
        while index < octets.count {
            if !hidden.isEmpty, hidden[index] {
                text += "…"
                while index < octets.count, hidden[index] { index += 1 }
            } else {
                index += append(octets, at: index, to: &text)
            }
        }
        return text
    }

    private static func isPlain(_ octet: UInt8) -> Bool { octet >= 0x20 && octet < 0x7F && octet != UInt8(ascii: "\\") }

    /// - Returns: how many octets that was.
    private static func append(_ octets: [UInt8], at index: Int, to text: inout String) -> Int {
        let octet = octets[index]
        if isPlain(octet) {
            text.unicodeScalars.append(Unicode.Scalar(octet))
        } else if octet == UInt8(ascii: "\\") {
            text += "\\\\"
        } else if octet == UInt8(ascii: "\t") {
            text += "\\t"
        } else if let scalar = scalar(octets, at: index) {
            text += isDisruptive(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
            return UTF8.width(scalar)
        } else {
            text += octet < 16 ? "\\x0" : "\\x"
            text += String(octet, radix: 16, uppercase: true)
        }
        return 1
    }

    /// The character outside ASCII that begins here; nil if none does.
    private static func scalar(_ octets: [UInt8], at index: Int) -> Unicode.Scalar? {
        guard octets[index] >= 0x80 else { return nil }
        for length in 2...4 where index + length <= octets.count {
            if let text = String(validating: octets[index..<index + length], as: UTF8.self) {
                return text.unicodeScalars.first
            }
        }
        return nil
    }

    private static func isDisruptive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x80..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
    }
}
