internal import Mail

/// Parses a path of the envelope: `<>`, `<local-part@domain>`, `<postmaster>`, with or without a source route, which is
/// dropped (RFC 5321 sections 4.1.2 and 4.5.3.1, appendix C).
///
/// Beyond the grammar, underscores are allowed in domains, because such hosts exist. Characters beyond ASCII are
/// allowed in local parts, quoted strings and labels if requested (RFC 6531 section 3.3). A local part may be as long
/// as the command line permits (section 4.5.3.1).
///
/// Unless strict, common deviations are accepted too: dots anywhere in a local part, which are kept; and missing
/// brackets, blanks inside the brackets and a dot after the domain, which are not part of the mailbox.
struct PathParser {
    /// A parsed path, and where its closing bracket ends.
    struct Path {
        /// The octets of the mailbox; empty for `<>`.
        let mailbox: Range<Int>
        let end: Int
        /// Whether the mailbox is all ASCII.
        let isASCII: Bool
    }

    static let domainLimit = 255

    private let bytes: UnsafeRawBufferPointer
    private let allowsUTF8: Bool
    private let isStrict: Bool
    private var index: Int
    private var isASCII = true

    private init(bytes: UnsafeRawBufferPointer, index: Int, allowsUTF8: Bool, isStrict: Bool) {
        self.bytes = bytes
        self.index = index
        self.allowsUTF8 = allowsUTF8
        self.isStrict = isStrict
    }

    /// - Parameters:
    ///   - start: where the path begins.
    ///   - isStrict: whether to insist on the grammar.
    /// - Returns: nil if there is no path.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, from start: Int, allowsUTF8: Bool, isStrict: Bool = false
    ) -> Path? {
        var parser = PathParser(bytes: bytes, index: start, allowsUTF8: allowsUTF8, isStrict: isStrict)
        if parser.skip("<") { return parser.bracketedPath() }
        return isStrict ? nil : parser.path()
    }

    /// The rest of a path after its opening bracket.
    private mutating func bracketedPath() -> Path? {
        let start = index
        if skip(">") { return Path(mailbox: start..<start, end: index, isASCII: true) }
        skipBlanks()
        guard skipRoute() else { return nil }
        // The route is not passed on, so its characters do not matter.
        isASCII = true
        guard let path = path() else { return nil }
        skipBlanks()
        return skip(">") ? Path(mailbox: path.mailbox, end: index, isASCII: path.isASCII) : nil
    }

    /// A mailbox without brackets.
    private mutating func path() -> Path? {
        skipMailbox().map { Path(mailbox: $0, end: index, isASCII: isASCII) }
    }

    private mutating func skipBlanks() {
        guard !isStrict else { return }
        _ = skip { $0 == 0x20 || $0 == 0x09 }
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

    /// Skips characters beyond ASCII.
    ///
    /// - Returns: false if the octets are not such a character, or one that `isMember` rejects.
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
            guard skip("@"), skipDomain() != nil else { return false }
        } while skip(",")
        return skip(":")
    }

    /// The octets of the mailbox; nil if there is none.
    private mutating func skipMailbox() -> Range<Int>? {
        let start = index
        guard next == UInt8(ascii: "\"") ? skipQuotedString() : skipDotString() else { return nil }
        if skip("@") { return skipDomain().map { start..<$0 } }
        let isPostmaster = UnsafeRawBufferPointer(rebasing: bytes[start..<index]).equalsIgnoringCase("postmaster")
        return isPostmaster ? start..<index : nil
    }

    private mutating func skipDotString() -> Bool {
        let start = index
        repeat {
            let word = index
            repeat {
                _ = skip(while: \.isAtomText)
                guard skipUnicode(\.isHarmless) else { return false }
            } while next?.isAtomText == true
            guard index > word || !isStrict else { return false }
        } while skip(".")
        return index > start
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

    /// The end of the domain, before a dot that is not part of it; nil if there is no domain.
    private mutating func skipDomain() -> Int? {
        let start = index
        if next == UInt8(ascii: "[") { return skipLiteral() ? index : nil }
        var end = index
        repeat {
            if end > start, endsWithDot { break }
            guard skipLabel() else { return nil }
            end = index
        } while skip(".")
        return end - start <= Self.domainLimit ? end : nil
    }

    /// Whether the dot just skipped terminates an absolute name.
    private var endsWithDot: Bool {
        guard !isStrict else { return false }
        return next.map { $0 == UInt8(ascii: ">") || $0 == 0x20 || $0 == 0x09 } ?? true
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
