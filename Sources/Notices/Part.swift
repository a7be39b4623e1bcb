internal import Mail

/// One part of a multipart (RFC 2046 section 5.1), before dot stuffing.
struct Part {
    let type: String
    /// A word about it for mail readers.
    let description: String
    let encoding: Encoding
    /// Encoded; lines end with CRLF.
    let body: [UInt8]

    /// The value of Content-Transfer-Encoding (RFC 2045 section 6.1).
    enum Encoding: String {
        case sevenBit = "7bit"
        case eightBit = "8bit"
        case quotedPrintable = "quoted-printable"
    }

    /// A part for any octets: they are encoded only if they are not short lines of ASCII.
    init(type: String, description: String, encoding octets: [UInt8]) {
        let isPlain = Octets(octets).isPlain
        self.type = type
        self.description = description
        encoding = isPlain ? .sevenBit : .quotedPrintable
        body = isPlain ? octets : Self.quoted(octets)
    }

    /// A part whose octets stay as they are: lines of at most 998 octets without NUL, CR or LF.
    init(type: String, description: String, verbatim octets: [UInt8]) {
        self.type = type
        self.description = description
        encoding = Octets(octets).hasEightBit ? .eightBit : .sevenBit
        body = octets
    }

    private static func quoted(_ octets: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var encoder = QuotedPrintable()
        encoder.append(octets[...], to: &out)
        encoder.finish(&out)
        return out
    }

    /// Header and body, without the delimiter before them. The body ends with a line end.
    var octets: [UInt8] {
        var header = FieldLines()
        header.add("Content-Description", description)
        header.add("Content-Type", type)
        header.add("Content-Transfer-Encoding", encoding.rawValue)
        header.endLine()
        return header.octets + body + (body.suffix(2) == [0x0D, 0x0A] || body.isEmpty ? [] : [0x0D, 0x0A])
    }
}

/// What a text is made of, as far as it decides about its encoding.
struct Octets {
    private(set) var hasEightBit = false
    /// Whether it has NUL, CR or LF in a line, or a line of more than 998 octets (RFC 2045 section 2.8).
    private(set) var isBinary = false

    init(_ octets: [UInt8]) {
        for line in Lines(octets) {
            let text = line.withoutLineEnd
            isBinary = isBinary || text.count > 998 || text.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
            hasEightBit = hasEightBit || text.contains { $0 >= 0x80 }
        }
    }

    var isPlain: Bool { !hasEightBit && !isBinary }
}
