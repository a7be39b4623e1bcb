extension SourceScanner {
    mutating func skipSpaces() {
        while let byte = current, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
    }

    mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { position += 1 }
    }

    /// Spaces, line ends and comments.
    mutating func skipBlank() {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
            case UInt8(ascii: "#"): skipLine()
            case _: return
            }
        }
    }

    /// A number, a date or a word: everything up to what may follow a value.
    mutating func skipScalar() {
        while let byte = current {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "\n"):
                return
            case _: position += 1
            }
        }
    }

    mutating func skipString() {
        let isBasic = current == UInt8(ascii: "\"")
        if starts(with: "\"\"\"") || starts(with: "'''") {
            skipMultilineString(isBasic: isBasic)
        } else {
            skipLineString(isBasic: isBasic)
        }
    }

    mutating func skipLineString(isBasic: Bool) {
        let quote = bytes[position]
        position += 1
        while let byte = current, byte != UInt8(ascii: "\n") {
            if isBasic && byte == UInt8(ascii: "\\") {
                escape()
            } else {
                position += 1
                if byte == quote { return }
            }
        }
    }

    mutating func skipMultilineString(isBasic: Bool) {
        let quote = bytes[position]
        position += 3
        var quotes = 0
        while let byte = current, quotes < 3 || byte == quote {
            // Up to two quotes may precede the closing three, hence at most five in a row.
            quotes = byte == quote ? quotes + 1 : 0
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isBasic && byte == UInt8(ascii: "\\") { escape() } else { position += 1 }
            if quotes == 5 { return }
        }
    }

    /// A backslash and the character it escapes, except a line end.
    mutating func escape() {
        if starts(with: "\\u0000") || starts(with: "\\U00000000") { found.escapedNUL = found.escapedNUL ?? line }
        position += 1
        if let byte = current, byte != UInt8(ascii: "\n") { position += 1 }
    }
}
