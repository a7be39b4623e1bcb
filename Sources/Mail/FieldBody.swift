/// The body of a header field while it arrives, unfolded (RFC 5322 section 2.2.3) and without white space around it.
struct FieldBody: Sendable {
    /// Octets that are kept at most.
    let limit: Int
    private var octets: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes octets of one line.
    ///
    /// - Parameter endsLine: whether LF follows, so that a CR before it belongs to the line end.
    mutating func append(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, endsLine: Bool) {
        // That of a line end whose LF had not come.
        if octets.last == 0x0D { octets.removeLast() }
        var line = bytes[range]
        if octets.isEmpty { line = line.drop(while: Self.isSpace) }
        octets.append(contentsOf: line.prefix(limit - octets.count))
        if endsLine, octets.last == 0x0D { octets.removeLast() }
    }

    /// A further line of the field begins with this space or tab.
    mutating func fold(_ space: UInt8) {
        if !octets.isEmpty, octets.count < limit { octets.append(space) }
    }

    /// What has been kept; octets that are no UTF-8 are replaced, within the limit.
    var text: String {
        guard let last = octets.lastIndex(where: { !Self.isSpace($0) }) else { return "" }
        var text = String(decoding: octets[...last], as: UTF8.self)
        while text.utf8.count > limit { text.unicodeScalars.removeLast() }
        return text
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0D }
}
