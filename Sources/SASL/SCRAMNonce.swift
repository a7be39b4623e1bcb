internal import Mail
package import TLS

/// One side's part of the nonce of a login with SCRAM: visible ASCII, never used twice (RFC 5802 section 5.1).
package struct SCRAMNonce: Hashable, Sendable {
    let text: String

    /// - Throws: ``TLSError`` where the system has no randomness to give.
    package init() throws(TLSError) {
        text = Base64.encode(try SecureRandom.octets(18))
    }

    /// A known one, for vectors and tests; nil where it has characters that none may have.
    package init?(_ text: String) {
        guard SCRAMMessage.isNonce(text) else { return nil }
        self.text = text
    }
}
