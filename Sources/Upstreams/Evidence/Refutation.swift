package import Mail

/// A message that one upstream refused for an unknown reason and another one accepted.
package struct Refutation: Hashable, Sendable {
    package let fingerprint: ReplyFingerprint
    package let message: QueueID
    /// The recipient's domain, in lower case.
    package let domain: String
    /// The tenant: the user, or else the sender's domain.
    package let sender: String

    /// - Parameter reply: the reply of the refusing upstream.
    package init(_ reply: Reply, message: QueueID, domain: some StringProtocol, sender: String) {
        self.fingerprint = ReplyFingerprint(reply)
        self.message = message
        self.domain = domain.lowercased()
        self.sender = sender
    }
}
