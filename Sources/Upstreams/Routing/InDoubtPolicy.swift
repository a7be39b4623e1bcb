/// What happens to a message that is in doubt, once its hold is over.
package enum InDoubtPolicy: String, Hashable, Sendable, CaseIterable {
    /// Same upstream, same bytes, same IDs.
    case retrySame = "retry_same"
    /// The next upstream.
    case failover
    /// Nothing, until an operator decides.
    case hold
}
