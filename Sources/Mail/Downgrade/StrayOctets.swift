/// Octets that are not ASCII in a body which says that it is encoded: who decodes it does not expect any (RFC 2045 sections 6.7
/// and 6.8).
enum StrayOctets {
    /// A line, or a piece of one, without such octets: quoted where the encoding can do that, question marks in base64, of
    /// which these are no part. Other bodies pass as they came.
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
