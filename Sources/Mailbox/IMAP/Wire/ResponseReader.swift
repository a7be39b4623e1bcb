/// Reads the values of a response from the front (RFC 9051 section 4): atoms, numbers, quoted strings, literals, NIL and
/// parenthesised lists. Each method returns nil, or false, for anything else, and the response is then void.
struct ResponseReader: Sendable {
    private let octets: [UInt8]
    private(set) var index = 0
    /// Depth of parentheses that ``skipValue()`` follows.
    private let nesting: Int

    init(_ octets: [UInt8], nesting: Int) {
        self.octets = octets
        self.nesting = nesting
    }

    var isAtEnd: Bool { index == octets.count }
    var next: UInt8? { isAtEnd ? nil : octets[index] }
    var rest: ArraySlice<UInt8> { octets[index...] }

    mutating func skip(_ octet: Unicode.Scalar) -> Bool {
        guard let next, next == UInt8(ascii: octet) else { return false }
        index += 1
        return true
    }

    /// One space or more; servers send two.
    @discardableResult
    mutating func skipSpace() -> Bool {
        let start = index
        while next == 0x20 { index += 1 }
        return index > start
    }

    /// The octets up to a space, a parenthesis, a bracket or a quotation mark; `*`, `%` and `\` are allowed, since flags
    /// have them.
    mutating func atom() -> ArraySlice<UInt8>? {
        let atom = rest.prefix { octet in
            switch octet {
            case 0...0x20, 0x7F, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "\""),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                false
            default: true
            }
        }
        guard !atom.isEmpty else { return nil }
        index = atom.endIndex
        return atom
    }

    /// An atom in upper case.
    mutating func word() -> String? { atom().map { String(decoding: $0, as: UTF8.self).uppercased() } }

    mutating func number() -> UInt32? {
        guard let next, next.isDigit else { return nil }
        var value: UInt32 = 0
        while let digit = self.next, digit.isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt32(digit - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
            index += 1
        }
        return value
    }

    /// A quoted string or a literal.
    mutating func string() -> [UInt8]? {
        switch next {
        case UInt8(ascii: "\""): quoted()
        case UInt8(ascii: "{"), UInt8(ascii: "~"): literal()
        default: nil
        }
    }

    /// A string, or none: the outer nil is for anything else.
    mutating func nilOrString() -> [UInt8]?? {
        if let string = string() { return .some(string) }
        return word() == "NIL" ? .some(nil) : nil
    }

    /// A string or an atom, which may have brackets in it: the name of a folder, as sloppy servers write it.
    mutating func astring() -> [UInt8]? {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "{") { return string() }
        let atom = rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: ")") }
        guard !atom.isEmpty else { return nil }
        index = atom.endIndex
        return Array(atom)
    }

    private mutating func quoted() -> [UInt8]? {
        var text: [UInt8] = []
        var isEscaped = false
        for position in octets.indices[(index + 1)...] {
            let octet = octets[position]
            if isEscaped {
                isEscaped = false
            } else if octet == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            } else if octet == UInt8(ascii: "\"") {
                index = position + 1
                return text
            }
            text.append(octet)
        }
        return nil
    }

    /// A literal as the framer has left it; `~` stands before one of binary (RFC 9051 section 4.3).
    private mutating func literal() -> [UInt8]? {
        _ = skip("~")
        guard skip("{"), let length = number() else { return nil }
        _ = skip("+")
        guard skip("}") else { return nil }
        _ = skip("\r")
        guard skip("\n"), octets.count - index >= Int(length) else { return nil }
        defer { index += Int(length) }
        return Array(octets[index..<index + Int(length)])
    }

    /// Skips one value of any kind.
    ///
    /// - Returns: false if there is none, or one that is nested too deep.
    mutating func skipValue() -> Bool {
        var depth = 0
        repeat {
            skipSpace()
            if skip("(") || skip("[") {
                depth += 1
                guard depth <= nesting else { return false }
            } else if skip(")") || skip("]") {
                depth -= 1
                guard depth >= 0 else { return false }
            } else if string() == nil, atom() == nil {
                return false
            }
        } while depth > 0
        return true
    }

    /// The words of a list in parentheses, in upper case; strings among them as they are.
    mutating func list() -> [String]? {
        guard skip("(") else { return nil }
        var words: [String] = []
        while !skip(")") {
            skipSpace()
            if skip(")") { break }
            guard let word = word() ?? string().map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
            words.append(word)
        }
        return words
    }
}
