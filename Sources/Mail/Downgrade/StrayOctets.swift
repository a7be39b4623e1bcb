/// Non-ASCII octets in a body declared as encoded: decoders do not expect any (RFC 2045 sections 6.7 and 6.8).
enum StrayOctets {
    /// A line, or a piece of one, without such octets: quoted in quoted-printable, replaced by question marks in
    /// base64, where they have no meaning. Other bodies pass unchanged.
    static func replace(in line: ArraySlice<UInt8>, _ encoding: TransferEncoding) -> [UInt8] {
        switch encoding {
        case .quotedPrintable: QuotedPrintable.quoteStray(line)
        case .base64: questionMarks(line)
        case .sevenBit, .eightBit, .other: Array(line)
        }
    }

    static func questionMarks(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        octets.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }
    }
}
