/// The body of a header field as it arrives, unfolded (RFC 5322 section 2.2.3) and trimmed of white space.
struct FieldBody: Sendable {
    /// Maximum octets kept.
    let limit: Int
    private var octets: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Appends octets of one line.
    ///
    /// - Parameter endsLine: whether LF follows, so that a preceding CR belongs to the line end.
    mutating func append(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, endsLine: Bool) {
        // The CR of a line end whose LF had not arrived yet.
        if octets.last == 0x0D { octets.removeLast() }
        var line = bytes[range]
        if octets.isEmpty { line = line.drop(while: Self.isSpace) }
        octets.append(contentsOf: line.prefix(limit - octets.count))
        if endsLine, octets.last == 0x0D { octets.removeLast() }
    }

    /// Starts a continuation line, which begins with this space or tab.
    mutating func fold(_ space: UInt8) {
        if !octets.isEmpty, octets.count < limit { octets.append(space) }
    }

    /// The octets kept; invalid UTF-8 is replaced, within the limit.
    var text: String {
        guard let last = octets.lastIndex(where: { !Self.isSpace($0) }) else { return "" }
        var text = String(decoding: octets[...last], as: UTF8.self)
        while text.utf8.count > limit { text.unicodeScalars.removeLast() }
        return text
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0D }
}
