/// OK, NO or BAD, with the response code and the text (RFC 9051 section 7.1).
struct ResponseStatus: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        case ok = "OK"
        case no = "NO"
        case bad = "BAD"
    }

    let kind: Kind
    /// The name of the response code in upper case; nil if there is none.
    let code: String?
    /// What stands behind the name.
    let argument: ArraySlice<UInt8>
    /// The text for people, with the response code: servers put words there that help.
    let text: ArraySlice<UInt8>

    /// - Parameter octets: what stands behind the kind.
    init(_ kind: Kind, _ octets: ArraySlice<UInt8>) {
        let octets = octets.drop { $0 == 0x20 }
        self.kind = kind
        text = octets
        guard octets.first == UInt8(ascii: "["), let end = octets.firstIndex(of: UInt8(ascii: "]")) else {
            code = nil
            argument = []
            return
        }
        let inside = octets[octets.startIndex + 1..<end]
        let name = inside.prefix { $0 > 0x20 }
        code = String(decoding: name.prefix(60), as: UTF8.self).uppercased()
        argument = inside[name.endIndex...].drop { $0 == 0x20 }
    }

    /// The argument as a number, for UIDVALIDITY and the like.
    var number: UInt32? { UInt32(String(decoding: argument.prefix(11), as: UTF8.self)) }

    /// The argument as words in upper case, for CAPABILITY.
    var words: [String] { argument.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self).uppercased() } }
}
