/// Words of strangers on one line, with nothing in them that hides or moves other words.
package enum VisibleLine {
    /// Control characters, separators of lines, marks of direction and letters that are not seen become `\u{202e}`.
    package static func of(_ text: String) -> String {
        escaped(text, where: isDisruptive)
    }

    /// The text with escapes for the characters that are wrong.
    package static func escaped(_ text: String, where isWrong: (Unicode.Scalar) -> Bool) -> String {
        guard !isPlain(text), text.unicodeScalars.contains(where: isWrong) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isWrong(scalar) {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// Whether all letters are ASCII's and take one column each: nearly always so, and quickly told.
    package static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x20..<0x7F ~= $0 }
    }

    package static func isDisruptive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: true
        // Letters that are not seen: soft hyphen, fillers, vowel separator, tags.
        case 0xAD, 0x115F...0x1160, 0x180E, 0x3164, 0xFFA0, 0xE0000...0xE007F: true
        // Marks of direction, of joining and of annotation; separators of lines.
        case 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        default: false
        }
    }
}
