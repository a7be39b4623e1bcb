/// Writes octets as quoted-printable (RFC 2045 section 6.7). CRLF stays the end of a line, every other control is quoted.
struct QuotedPrintable: Sendable {
    /// Octets of a line, without the sign of a soft end.
    fileprivate static let lineLength = 75
    private static let digits = Array("0123456789ABCDEF".utf8)

    private var column = 0
    /// A space or tab that may be the last octet of its line, and is quoted then.
    private var heldSpace: UInt8?
    private var hasReturn = false
    /// Whether a soft end stands before the present octet.
    private var isBehindSoftEnd = false

    mutating func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
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
    mutating func finish(_ out: inout [UInt8]) {
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
        isBehindSoftEnd = false
        out.append(space)
    }

    private mutating func put(_ octet: UInt8, _ out: inout [UInt8]) {
        let isPlain = (0x21...0x7E).contains(octet) && octet != UInt8(ascii: "=")
        // No line may begin with two hyphens that did not before: it could divide parts.
        let isHyphen = octet == UInt8(ascii: "-") && (isBehindSoftEnd || column == Self.lineLength)
        guard isPlain, !isHyphen else { return quote(octet, &out) }
        makeRoom(1, &out)
        isBehindSoftEnd = false
        out.append(octet)
    }

    private mutating func quote(_ octet: UInt8, _ out: inout [UInt8]) {
        makeRoom(3, &out)
        isBehindSoftEnd = false
        Self.quote(octet, &out)
    }

    fileprivate static func quote(_ octet: UInt8, _ out: inout [UInt8]) {
        out.append(contentsOf: [UInt8(ascii: "="), digits[Int(octet >> 4)], digits[Int(octet & 15)]])
    }

    private mutating func makeRoom(_ count: Int, _ out: inout [UInt8]) {
        if column + count > Self.lineLength {
            out.append(contentsOf: [UInt8(ascii: "="), 0x0D, 0x0A])
            column = 0
            isBehindSoftEnd = true
        }
        column += count
    }
}

extension QuotedPrintable {
    /// Quotes what should have been quoted in a body that is quoted-printable already.
    struct Stray: Sendable {
        private var column = 0

        mutating func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
            for octet in octets {
                if octet < 0x80 { out.append(octet) } else { quote(octet, &out) }
                column = octet == 0x0A ? 0 : column + 1
            }
        }

        private mutating func quote(_ octet: UInt8, _ out: inout [UInt8]) {
            if column + 3 > QuotedPrintable.lineLength {
                out.append(contentsOf: [UInt8(ascii: "="), 0x0D, 0x0A])
                column = 0
            }
            QuotedPrintable.quote(octet, &out)
            column += 2
        }
    }
}
