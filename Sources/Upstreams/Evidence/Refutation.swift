package import Mail

/// A message that one upstream refused for an unknown reason, and another one took.
package struct Refutation: Hashable, Sendable {
    package let fingerprint: ReplyFingerprint
    package let message: QueueID
    /// Of the recipient, in lower case.
    package let domain: String
    /// Whoever the message is from, as far as tenants are told apart: the user, or else the sender's domain.
    package let sender: String

    /// - Parameter reply: of the upstream that refused.
    package init(_ reply: Reply, message: QueueID, domain: some StringProtocol, sender: String) {
        self.fingerprint = ReplyFingerprint(reply)
        self.message = message
        self.domain = domain.lowercased()
        self.sender = sender
    }
}
