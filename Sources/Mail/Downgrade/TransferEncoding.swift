/// What a `Content-Transfer-Encoding` field says of a part (RFC 2045 section 6).
enum TransferEncoding: Equatable {
    /// Nothing, or `7bit`: the octets are as they are, and should be ASCII.
    case sevenBit(isStated: Bool)
    /// `8bit` or `binary`: the octets are as they are, and need not be ASCII. So they are where the word is no encoding, such as
    /// `utf-8`.
    case eightBit
    case quotedPrintable
    case base64
    /// The octets are encoded in another way.
    case other

    /// Whether the octets are encoded, and cannot be encoded again (section 6.4).
    var isEncoded: Bool {
        switch self {
        case .sevenBit, .eightBit: false
        case .quotedPrintable, .base64, .other: true
        }
    }

    static let none = TransferEncoding.sevenBit(isStated: false)

    /// - Parameter body: what stands behind the colon.
    init(_ body: ArraySlice<UInt8>) {
        var tokens = FieldTokens(body)
        switch tokens.word() {
        case "": self = .none
        case "7bit": self = .sevenBit(isStated: true)
        case "quoted-printable": self = .quotedPrintable
        case "base64": self = .base64
        case "uuencode", "uue": self = .other
        case let word: self = word.hasPrefix("x-") ? .other : .eightBit
        }
    }
}
