import Mail

/// Makes network text safe for a terminal.
package enum Printable {
    /// One line: control characters, line separators and direction marks become visible escapes.
    package static func line(_ text: String) -> String {
        VisibleLine.of(text)
    }

    /// The same, but line ends stay.
    package static func lines(_ text: String) -> String {
        VisibleLine.escaped(text) { $0 != "\n" && VisibleLine.isDisruptive($0) }
    }

    /// Width of a text in columns; East Asian letters and emoji take two.
    package static func width(of text: String) -> Int {
        VisibleLine.isPlain(text) ? text.utf8.count : text.reduce(0) { $0 + width(of: $1) }
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
        if VisibleLine.isPlain(text) { return String(text.prefix(columns)) }
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
