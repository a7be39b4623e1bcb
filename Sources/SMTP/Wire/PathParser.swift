internal import Mail

/// Reads a path of the envelope: `<>`, `<local-part@domain>`, `<postmaster>`, with or without a source route, which is
/// dropped (RFC 5321 sections 4.1.2 and 4.5.3.1, appendix C).
///
/// Beyond the grammar an underscore is allowed in domains, since such hosts exist. Characters beyond ASCII may stand in
/// local parts, quoted strings and labels where they are asked for (RFC 6531 section 3.3).
struct PathParser {
    /// A path that was read, and where its closing bracket ends.
    struct Path {
        /// The octets of the mailbox; empty for `<>`.
        let mailbox: Range<Int>
        let end: Int
        /// Whether no character beyond ASCII stands in the mailbox.
        let isASCII: Bool
    }

    static let localPartLimit = 64
    static let domainLimit = 255

    private let bytes: UnsafeRawBufferPointer
    private let allowsUTF8: Bool
    private var index: Int
    private var isASCII = true

    private init(bytes: UnsafeRawBufferPointer, index: Int, allowsUTF8: Bool) {
        self.bytes = bytes
        self.index = index
        self.allowsUTF8 = allowsUTF8
    }

    /// - Parameter start: the index of `<`.
    /// - Returns: nil when no path of the grammar stands there.
    static func parse(_ bytes: UnsafeRawBufferPointer, from start: Int, allowsUTF8: Bool) -> Path? {
        var parser = PathParser(bytes: bytes, index: start, allowsUTF8: allowsUTF8)
        guard parser.skip("<") else { return nil }
        if parser.skip(">") { return Path(mailbox: start..<start, end: parser.index, isASCII: true) }
        guard parser.skipRoute() else { return nil }
        // The route is not passed on, and so not what it is written in.
        parser.isASCII = true
        let mailbox = parser.index
        guard parser.skipMailbox() else { return nil }
        let end = parser.index
        return parser.skip(">") ? Path(mailbox: mailbox..<end, end: parser.index, isASCII: parser.isASCII) : nil
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skip(while isMember: (UInt8) -> Bool) -> Int {
        let start = index
        while index < bytes.count, isMember(bytes[index]) { index += 1 }
        return index - start
    }

    /// Goes over characters beyond ASCII.
    ///
    /// - Returns: false where octets stand there that are no such character, or one that `isMember` does not allow.
    private mutating func skipUnicode(_ isMember: (Unicode.Scalar) -> Bool) -> Bool {
        while let octet = next, octet >= 0x80 {
            guard allowsUTF8, let (scalar, length) = UnicodeText.scalar(bytes, at: index), isMember(scalar) else {
                return false
            }
            index += length
            isASCII = false
        }
        return true
    }

    private mutating func skipRoute() -> Bool {
        guard next == UInt8(ascii: "@") else { return true }
        repeat {
            guard skip("@"), skipDomain() else { return false }
        } while skip(",")
        return skip(":")
    }

    private mutating func skipMailbox() -> Bool {
        let start = index
        guard next == UInt8(ascii: "\"") ? skipQuotedString() : skipDotString(), index - start <= Self.localPartLimit
        else { return false }
        if skip("@") { return skipDomain() }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<index]).equalsIgnoringCase("postmaster")
    }

    private mutating func skipDotString() -> Bool {
        repeat {
            let start = index
            repeat {
                _ = skip(while: \.isAtomText)
                guard skipUnicode(\.isHarmless) else { return false }
            } while next?.isAtomText == true
            guard index > start else { return false }
        } while skip(".")
        return true
    }

    private mutating func skipQuotedString() -> Bool {
        index += 1
        while let octet = next, octet != UInt8(ascii: "\"") {
            if octet >= 0x80 {
                guard skipUnicode(\.isHarmless) else { return false }
                continue
            }
            if octet == UInt8(ascii: "\\") {
                index += 1
                guard let quoted = next, (0x20...0x7E).contains(quoted) else { return false }
            } else if !octet.isQuotedText {
                return false
            }
            index += 1
        }
        return skip("\"")
    }

    private mutating func skipDomain() -> Bool {
        let start = index
        if next == UInt8(ascii: "[") { return skipLiteral() }
        repeat {
            guard skipLabel() else { return false }
        } while skip(".")
        return index - start <= Self.domainLimit
    }

    private mutating func skipLabel() -> Bool {
        let start = index
        if let (first, _) = next.flatMap({ $0 < 0x80 ? nil : UnicodeText.scalar(bytes, at: start) }), first.isMark {
            return false
        }
        repeat {
            _ = skip(while: \.isLabelText)
            guard skipUnicode(\.isLabelCharacter) else { return false }
        } while next?.isLabelText == true
        let hyphen = UInt8(ascii: "-")
        return index > start && bytes[start] != hyphen && bytes[index - 1] != hyphen
    }

    private mutating func skipLiteral() -> Bool {
        let start = index + 1
        _ = skip { $0 != UInt8(ascii: "]") && (0x21...0x7E).contains($0) }
        let end = index
        guard skip("]") else { return false }
        return AddressLiteral.isValid(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
}
