/// Takes the body of an address field apart into words and marks (RFC 5322 sections 3.2.2 to 3.2.4). Blanks, folds and
/// comments between them are passed over.
struct MailboxTokens {
    enum Token: Equatable {
        /// Characters of an atom, with dots.
        case atom(Range<Int>)
        /// With its quotes.
        case quoted(Range<Int>)
        /// With its brackets.
        case literal(Range<Int>)
        /// One of `<>,:;@`.
        case mark(UInt8)
        case end

        /// Where a word or a domain stands.
        var range: Range<Int>? {
            switch self {
            case .atom(let range), .quoted(let range), .literal(let range): range
            case .mark, .end: nil
            }
        }
    }

    let body: [UInt8]
    private var index = 0

    init(_ body: [UInt8]) {
        self.body = body
    }

    /// - Returns: nil for what is neither: a control character, a quote, comment or literal without an end.
    mutating func next() -> Token? {
        guard skipBlanks() else { return nil }
        guard index < body.count else { return .end }
        let start = index
        switch body[index] {
        case UInt8(ascii: "\""): return skipQuoted(until: UInt8(ascii: "\"")).map { .quoted(start..<$0) }
        case UInt8(ascii: "["): return skipQuoted(until: UInt8(ascii: "]")).map { .literal(start..<$0) }
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"),
            UInt8(ascii: "@"):
            index += 1
            return .mark(body[start])
        default:
            while index < body.count, Self.isAtomText(body[index]) { index += 1 }
            return index > start ? .atom(start..<index) : nil
        }
    }

    private static func isAtomText(_ octet: UInt8) -> Bool {
        switch octet {
        case 0...0x20, 0x7F: false
        default: !"\"(),:;<>@[\\]".utf8.contains(octet)
        }
    }

    /// - Returns: false for a comment without an end, or a line end that folds nothing.
    private mutating func skipBlanks() -> Bool {
        while index < body.count {
            switch body[index] {
            case 0x20, 0x09: index += 1
            case 0x0D: guard skipFold() else { return false }
            case UInt8(ascii: "("): guard skipComment() else { return false }
            default: return true
            }
        }
        return true
    }

    /// CRLF before a blank, or at the very end.
    private mutating func skipFold() -> Bool {
        guard index + 1 < body.count, body[index + 1] == 0x0A else { return false }
        index += 2
        return index == body.count || body[index] == 0x20 || body[index] == 0x09
    }

    /// Comments may hold others; their depth is only counted.
    private mutating func skipComment() -> Bool {
        var depth = 0
        repeat {
            guard index < body.count else { return false }
            let octet = body[index]
            guard octet == UInt8(ascii: "(") || octet == UInt8(ascii: ")") ? skipOctet() : skipText() else {
                return false
            }
            if octet == UInt8(ascii: "(") { depth += 1 } else if octet == UInt8(ascii: ")") { depth -= 1 }
        } while depth > 0
        return true
    }

    /// - Returns: the index behind the last octet; nil if there is none.
    private mutating func skipQuoted(until last: UInt8) -> Int? {
        index += 1
        while index < body.count, body[index] != last {
            guard last != UInt8(ascii: "]") || body[index] != UInt8(ascii: "["), skipText() else { return nil }
        }
        guard index < body.count else { return nil }
        index += 1
        return index
    }

    private mutating func skipOctet() -> Bool {
        index += 1
        return true
    }

    /// One character of a comment, a quoted string or a literal; with a backslash, the one behind it too.
    private mutating func skipText() -> Bool {
        if body[index] == 0x0D { return skipFold() && index < body.count }
        if body[index] == UInt8(ascii: "\\") { index += 1 }
        guard index < body.count, body[index] == 0x09 || body[index] >= 0x20, body[index] != 0x7F else { return false }
        index += 1
        return true
    }
}
