package import Mail

/// A recipient that failed, in a way that says something about the address.
package struct Bounce: Hashable, Sendable {
    package let queueID: QueueID
    package let address: Address
    package let kind: BounceKind
    /// What refused it.
    package let reply: String
    /// By the system's clock.
    package let at: Timestamp
    /// Who handed the message in; nil if nobody had logged in.
    package let user: String?

    package init(
        queueID: QueueID, address: Address, kind: BounceKind, reply: String, at: Timestamp, user: String? = nil
    ) {
        self.user = user
        self.queueID = queueID
        self.address = address
        self.kind = kind
        self.reply = reply
        self.at = at
    }
}
