/// Reads a structured field body token by token, skipping comments, white space and folds (RFC 2045 section 5.1, RFC
/// 5322 section 3.2).
struct FieldTokens {
    private var rest: ArraySlice<UInt8>

    /// - Parameter body: the text after the colon.
    init(_ body: ArraySlice<UInt8>) {
        rest = body
    }

    /// The next word in lower case, such as a type or a parameter name; empty if there is none.
    mutating func word() -> String {
        skipSpace()
        let word = rest.prefix(while: Self.isInWord)
        rest = rest[word.endIndex...]
        return String(decoding: word.map(\.asciiLowercased), as: UTF8.self)
    }

    /// Consumes this character if it is next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A value, quoted or not. An unquoted value extends to a space or semicolon, because more is written there than
    /// the grammar allows.
    mutating func value() -> [UInt8] {
        if take("\"") { return quoted() }
        let value = rest.prefix { !Self.isSpace($0) && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "(") }
        rest = rest[value.endIndex...]
        return Array(value)
    }

    /// Skips past the next semicolon; false if there is none.
    mutating func nextParameter() -> Bool {
        while !take(";") {
            guard let octet = rest.first else { return false }
            rest = rest.dropFirst()
            if octet == UInt8(ascii: "\"") { _ = quoted() }
        }
        return true
    }

    private mutating func quoted() -> [UInt8] {
        var text: [UInt8] = []
        while let octet = rest.popFirst(), octet != UInt8(ascii: "\"") {
            if octet == UInt8(ascii: "\\"), let next = rest.popFirst() {
                text.append(next)
            } else if octet != 0x0D, octet != 0x0A {
                text.append(octet)
            }
        }
        return text
    }

    private mutating func skipSpace() {
        while let octet = rest.first {
            if octet == UInt8(ascii: "(") {
                skipComment()
            } else if Self.isSpace(octet) {
                rest = rest.dropFirst()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\\"): rest = rest.dropFirst()
            default: break
            }
            if depth == 0 { return }
        }
    }

    private static func isSpace(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09 || octet == 0x0D || octet == 0x0A
    }

    private static func isInWord(_ octet: UInt8) -> Bool {
        switch octet {
        case 0...0x20, 0x7F: false
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "@"),
            UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
            UInt8(ascii: "/"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "?"), UInt8(ascii: "="):
            false
        default: true
        }
    }
}
