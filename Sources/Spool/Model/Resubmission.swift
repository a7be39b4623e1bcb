package import Mail

/// Identifies a resubmitted message: a client whose connection died before it saw the reply submits it again (RFC 5321
/// section 4.5.4.1, RFC 1047).
package struct Resubmission: Hashable, Sendable {
    /// Equal for two submissions of one message, and for no others: a digest that also identifies the submitter.
    package let key: [UInt8]
    /// Digest of the envelope, if the key is the client's own and may be used for another message by mistake; nil if
    /// the key is complete.
    package let envelope: [UInt8]?
    /// The key is kept until then, whatever happens to the message.
    package var expiresAt: Timestamp { submittedAt + window }
    /// By the steady clock, which nobody can set.
    package let submittedAt: Timestamp
    package let window: Duration

    package init(key: [UInt8], envelope: [UInt8]?, submittedAt: Timestamp, window: Duration) {
        self.key = key
        self.envelope = envelope
        self.submittedAt = submittedAt
        self.window = window
    }
}
