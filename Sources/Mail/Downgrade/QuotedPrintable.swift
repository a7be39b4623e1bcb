/// Writes octets as quoted-printable (RFC 2045 section 6.7). CRLF remains a line end, every other control is quoted.
package struct QuotedPrintable: Sendable {
    /// Maximum octets of a line, without the soft line break.
    fileprivate static let lineLength = 75
    private static let digits = Array("0123456789ABCDEF".utf8)

    private var column = 0
    /// A space or tab that must be quoted if it turns out to be the last octet of its line.
    private var heldSpace: UInt8?
    private var hasReturn = false

    package init() {}

    package mutating func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
        for octet in octets { append(octet, to: &out) }
    }

    private mutating func append(_ octet: UInt8, to out: inout [UInt8]) {
        if hasReturn {
            hasReturn = false
            if octet == 0x0A { return endLine(&out) }
            putSpace(&out)
            put(0x0D, &out)
        }
        switch octet {
        case 0x0D: hasReturn = true
        case 0x20, 0x09:
            putSpace(&out)
            heldSpace = octet
        default:
            putSpace(&out)
            put(octet, &out)
        }
    }

    /// Writes what is held back; nothing follows in this part.
    package mutating func finish(_ out: inout [UInt8]) {
        if hasReturn {
            putSpace(&out)
            put(0x0D, &out)
        }
        if let space = heldSpace { quote(space, &out) }
        self = QuotedPrintable()
    }

    private mutating func endLine(_ out: inout [UInt8]) {
        if let space = heldSpace { quote(space, &out) }
        out.append(contentsOf: [0x0D, 0x0A])
        self = QuotedPrintable()
    }

    private mutating func putSpace(_ out: inout [UInt8]) {
        guard let space = heldSpace else { return }
        heldSpace = nil
        makeRoom(1, &out)
        out.append(space)
    }

    private mutating func put(_ octet: UInt8, _ out: inout [UInt8]) {
        let isPlain = (0x21...0x7E).contains(octet) && octet != UInt8(ascii: "=")
        // A line starting with hyphens could be taken for a delimiter.
        let isFirst = column == 0 || column == Self.lineLength
        guard isPlain, !(isFirst && octet == UInt8(ascii: "-")) else { return quote(octet, &out) }
        makeRoom(1, &out)
        out.append(octet)
    }

    private mutating func quote(_ octet: UInt8, _ out: inout [UInt8]) {
        makeRoom(3, &out)
        Self.quote(octet, &out)
    }

    fileprivate static func quote(_ octet: UInt8, _ out: inout [UInt8]) {
        out.append(contentsOf: [UInt8(ascii: "="), digits[Int(octet >> 4)], digits[Int(octet & 15)]])
    }

    private mutating func makeRoom(_ count: Int, _ out: inout [UInt8]) {
        if column + count > Self.lineLength {
            out.append(contentsOf: [UInt8(ascii: "="), 0x0D, 0x0A])
            column = 0
        }
        column += count
    }
}

extension QuotedPrintable {
    /// A line already in quoted-printable, with unquoted octets quoted as well.
    static func quoteStray(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var column = 0
        for octet in line {
            if octet < 0x80 {
                out.append(octet)
                column += 1
                continue
            }
            if column + 3 > lineLength {
                out.append(contentsOf: [UInt8(ascii: "="), 0x0D, 0x0A])
                column = 0
            }
            quote(octet, &out)
            column += 3
        }
        return out
    }

    /// The line with its first octet quoted.
    static func quoteFirst(_ line: [UInt8]) -> [UInt8] {
        guard let first = line.first else { return line }
        var out: [UInt8] = []
        quote(first, &out)
        return out + line.dropFirst()
    }
}
