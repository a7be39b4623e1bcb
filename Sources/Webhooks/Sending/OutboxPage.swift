package import Mail

/// Events that wait, to be read from the outbox in the order of their numbers.
package struct OutboxPage: Sendable, Hashable {
    /// Only greater numbers.
    package let after: Int
    package let limit: Int
    /// Whose events; nil for those of all messages.
    package let message: QueueID?

    package init(after: Int, limit: Int, message: QueueID? = nil) {
        self.after = after
        self.limit = limit
        self.message = message
    }
}
