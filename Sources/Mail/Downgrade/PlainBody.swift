/// A body that stays as it is. Where it says that it is encoded, and has octets all the same that its encoding has not, these
/// are quoted or, in base64, left out, as who decodes it leaves them out (RFC 2045 sections 6.7 and 6.8).
struct PlainBody: Sendable {
    private let encoding: TransferEncoding
    private var stray = QuotedPrintable.Stray()

    init(_ encoding: TransferEncoding) {
        self.encoding = encoding
    }

    mutating func append(_ octets: ArraySlice<UInt8>, to out: inout [UInt8]) {
        switch encoding {
        case .quotedPrintable: stray.append(octets, to: &out)
        case .base64 where EightBitDowngrader.hasEightBit(octets):
            out.append(contentsOf: octets.lazy.filter { $0 < 0x80 })
        case .sevenBit, .eightBit, .base64, .other: out.append(contentsOf: octets)
        }
    }
}
