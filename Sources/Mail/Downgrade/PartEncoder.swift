/// The encoding of one part (RFC 2045 section 6.2).
struct PartEncoder: Sendable {
    private let isReadable: Bool
    private var quotedPrintable = QuotedPrintable()
    private var base64 = Base64Lines()

    init(for type: ContentType) {
        isReadable = type.isReadable
    }

    var name: StaticString { isReadable ? "quoted-printable" : "base64" }

    mutating func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
        if isReadable { quotedPrintable.append(octets, to: &out) } else { base64.append(octets, to: &out) }
    }

    /// Writes what is held back; nothing follows in this part.
    mutating func finish(_ out: inout [UInt8]) {
        if isReadable { quotedPrintable.finish(&out) } else { base64.finish(&out) }
    }
}
