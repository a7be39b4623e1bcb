/// The value of a `Content-Transfer-Encoding` field (RFC 2045 section 6).
enum TransferEncoding: Equatable {
    /// Absent, or `7bit`: raw octets, which should be ASCII.
    case sevenBit(isStated: Bool)
    /// `8bit` or `binary`: raw octets, not necessarily ASCII. Also assumed if the word is not an encoding, such as
    /// `utf-8`.
    case eightBit
    case quotedPrintable
    case base64
    /// Some other encoding.
    case other

    /// Whether the octets are encoded, and must not be encoded again (section 6.4).
    var isEncoded: Bool {
        switch self {
        case .sevenBit, .eightBit: false
        case .quotedPrintable, .base64, .other: true
        }
    }

    static let none = TransferEncoding.sevenBit(isStated: false)

    /// - Parameter body: the text after the colon.
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
