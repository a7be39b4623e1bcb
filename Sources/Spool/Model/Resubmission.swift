package import Mail

/// What tells that a message is one which came before: a client whose connection died before it saw the reply hands it
/// in again (RFC 5321 section 4.5.4.1, RFC 1047).
package struct Resubmission: Hashable, Sendable {
    /// The same for two submissions of one message, and for no others: a digest, which names who hands it in as well.
    package let key: [UInt8]
    /// Digest of the envelope, where the key is the client's own and may be used for another message by mistake; nil where
    /// the key says all.
    package let envelope: [UInt8]?
    /// Until then the key is kept, whatever becomes of the message.
    package let expiresAt: Timestamp

    package init(key: [UInt8], envelope: [UInt8]?, expiresAt: Timestamp) {
        self.key = key
        self.envelope = envelope
        self.expiresAt = expiresAt
    }
}
