/// What a webhook may tell about a recipient of a message.
package enum WebhookEvent: String, Sendable, Hashable, CaseIterable {
    /// An upstream has taken it.
    case delivered
    /// No upstream could take it in this cycle; it is tried again.
    case deferred
    /// It failed permanently, and is not tried again.
    case failed
    /// An upstream may have taken it: the connection ended after the final dot.
    case inDoubt = "in_doubt"
    /// Nothing was sent, or an upstream sent nothing, because the address is on a suppression list.
    case suppressed
    /// An operator has dropped it.
    case dropped
}
