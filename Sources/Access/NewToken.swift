internal import Mail
package import TLS

/// A token that has just been made.
package struct NewToken: Hashable, Sendable {
    /// Octets of randomness.
    private static let size = 32

    /// `A-Z a-z 0-9 _ -`.
    package let text: String
    package let hash: TokenHash

    /// - Throws: `TLSError` if the system has no randomness.
    package init() throws(TLSError) {
        let digits = Base64.encode(try SecureRandom.octets(Self.size))
        text = "ph_" + String(digits.compactMap(Self.inName))
        hash = TokenHash(of: text)
    }

    /// Base 64 with an alphabet for names (RFC 4648 section 5), without padding.
    private static func inName(_ digit: Character) -> Character? {
        switch digit {
        case "+": "-"
        case "/": "_"
        case "=": nil
        default: digit
        }
    }
}
