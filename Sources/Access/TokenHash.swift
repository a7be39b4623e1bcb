internal import Mail
internal import TLS

/// What relay.conf holds of a token: `$sha256$` and the digest of the token in base 64.
///
/// A token is random and long, so nothing is gained by a slow digest, as passwords need.
package struct TokenHash: Hashable, Sendable {
    private static let prefix = "$sha256$"

    /// SHA-256 of the token.
    private let digest: [UInt8]

    /// The hash of a token.
    package init(of token: String) {
        let sum = SHA256.Stream()
        Array(token.utf8).withUnsafeBytes { sum.update($0) }
        digest = sum.finish()
    }

    /// Reads what ``text`` is; nil for anything else.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let digits = Array(text.utf8.dropFirst(Self.prefix.utf8.count))
        guard let octets = digits.withUnsafeBytes({ Base64.decode($0) }), octets.count == SHA256.size else {
            return nil
        }
        digest = octets
    }

    /// As in relay.conf.
    package var text: String { Self.prefix + Base64.encode(digest) }

    /// Whether both are hashes of the same token. The time does not tell where they differ.
    package func matches(_ other: TokenHash) -> Bool { ConstantTime.areEqual(digest, other.digest) }
}
