internal import Mail
package import TLS

/// One side's part of a SCRAM nonce: visible ASCII, never reused (RFC 5802 section 5.1).
package struct SCRAMNonce: Hashable, Sendable {
    let text: String

    /// - Throws: ``TLSError`` if the system has no randomness.
    package init() throws(TLSError) {
        text = Base64.encode(try SecureRandom.octets(18))
    }

    /// A fixed one, for test vectors; nil if it has invalid characters.
    package init?(_ text: String) {
        guard SCRAMMessage.isNonce(text) else { return nil }
        self.text = text
    }
}
