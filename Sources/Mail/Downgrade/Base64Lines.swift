/// Writes octets as lines of base64 (RFC 2045 section 6.8).
struct Base64Lines: Sendable {
    private static let lineLength = 76
    /// Octets per full line.
    private static let lineOctets = lineLength / 4 * 3

    private var held: [UInt8] = []
    private var hasLine = false

    mutating func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
        var rest = octets
        while !rest.isEmpty {
            let part = rest.prefix(Self.lineOctets - held.count)
            held.append(contentsOf: part)
            rest = rest[part.endIndex...]
            if held.count == Self.lineOctets { write(&out) }
        }
    }

    /// Writes the last line, without its end; nothing follows in this part.
    mutating func finish(_ out: inout [UInt8]) {
        if !held.isEmpty { write(&out) }
        self = Base64Lines()
    }

    /// Every line but the first is preceded by the previous line's end.
    private mutating func write(_ out: inout [UInt8]) {
        if hasLine { out.append(contentsOf: [0x0D, 0x0A]) }
        out.append(contentsOf: Base64.encode(held).utf8)
        held.removeAll(keepingCapacity: true)
        hasLine = true
    }
}
