internal import Mail

/// Reads a path of the envelope: `<>`, `<local-part@domain>`, `<postmaster>`, with or without a source route, which is
/// dropped (RFC 5321 sections 4.1.2 and 4.5.3.1, appendix C).
///
/// Beyond the grammar an underscore is allowed in domains, since such hosts exist.
struct PathParser {
    /// A path that was read, and where its closing bracket ends.
    struct Path {
        /// The octets of the mailbox; empty for `<>`.
        let mailbox: Range<Int>
        let end: Int
    }

    static let localPartLimit = 64
    static let domainLimit = 255

    private let bytes: UnsafeRawBufferPointer
    private var index: Int

    private init(bytes: UnsafeRawBufferPointer, index: Int) {
        self.bytes = bytes
        self.index = index
    }

    /// - Parameter start: the index of `<`.
    /// - Returns: nil when no path of the grammar stands there.
    static func parse(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Path? {
        var parser = PathParser(bytes: bytes, index: start)
        guard parser.skip("<") else { return nil }
        if parser.skip(">") { return Path(mailbox: start..<start, end: parser.index) }
        guard parser.skipRoute() else { return nil }
        let mailbox = parser.index
        guard parser.skipMailbox() else { return nil }
        let end = parser.index
        return parser.skip(">") ? Path(mailbox: mailbox..<end, end: parser.index) : nil
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
            guard skip(while: \.isAtomText) > 0 else { return false }
        } while skip(".")
        return true
    }

    private mutating func skipQuotedString() -> Bool {
        index += 1
        while let octet = next, octet != UInt8(ascii: "\"") {
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
        let length = skip { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        let hyphen = UInt8(ascii: "-")
        return length > 0 && bytes[start] != hyphen && bytes[index - 1] != hyphen
    }

    private mutating func skipLiteral() -> Bool {
        let start = index + 1
        _ = skip { $0 != UInt8(ascii: "]") && (0x21...0x7E).contains($0) }
        let end = index
        guard skip("]") else { return false }
        return AddressLiteral.isValid(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
}
