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

    package init(queueID: QueueID, address: Address, kind: BounceKind, reply: String, at: Timestamp) {
        self.queueID = queueID
        self.address = address
        self.kind = kind
        self.reply = reply
        self.at = at
    }
}
