/// Makes network text safe for a terminal.
package enum Printable {
    /// One line: control characters, line separators and direction marks become visible escapes.
    package static func line(_ text: String) -> String {
        escaped(text) { isDisruptive($0) }
    }

    /// The same, but line ends stay.
    package static func lines(_ text: String) -> String {
        escaped(text) { $0 != "\n" && isDisruptive($0) }
    }

    private static func escaped(_ text: String, where isWrong: (Unicode.Scalar) -> Bool) -> String {
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
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x20..<0x7F ~= $0 }
    }

    private static func isDisruptive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: true
        // Letters that are not seen: soft hyphen, fillers, vowel separator, tags.
        case 0xAD, 0x115F...0x1160, 0x180E, 0x3164, 0xFFA0, 0xE0000...0xE007F: true
        // Marks of direction, of joining and of annotation; separators of lines.
        case 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        default: false
        }
    }

    /// Width of a text in columns; East Asian letters and emoji take two.
    package static func width(of text: String) -> Int {
        isPlain(text) ? text.utf8.count : text.reduce(0) { $0 + width(of: $1) }
    }

    private static func width(of character: Character) -> Int {
        switch character.unicodeScalars.first?.value ?? 0 {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F1E6...0x1F1FF, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    /// The text, or its beginning and `…`, in at most `limit` columns.
    package static func cut(_ text: String, to limit: Int) -> String {
        guard width(of: text) > limit else { return text }
        guard limit > 0 else { return "" }
        return prefix(of: text, columns: limit - 1) + "…"
    }

    /// The text, or as much of its beginning as there is room for.
    package static func clip(_ text: String, to limit: Int) -> String {
        width(of: text) > limit ? prefix(of: text, columns: max(0, limit)) : text
    }

    /// The text, or its beginning, `…` and its end: for an address, the name and the domain stay visible.
    package static func cutMiddle(_ text: String, to limit: Int) -> String {
        guard width(of: text) > limit else { return text }
        guard limit > 2 else { return cut(text, to: limit) }
        let head = limit / 2
        let tail = String(prefix(of: String(text.reversed()), columns: limit - 1 - head).reversed())
        return prefix(of: text, columns: head) + "…" + tail
    }

    private static func prefix(of text: String, columns: Int) -> String {
        if isPlain(text) { return String(text.prefix(columns)) }
        var result = ""
        var left = columns
        for character in text {
            left -= width(of: character)
            if left < 0 { break }
            result.append(character)
        }
        return result
    }
}
