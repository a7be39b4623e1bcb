/// What happens to an in-doubt message once its hold is over.
package enum InDoubtPolicy: String, Hashable, Sendable, CaseIterable {
    /// Retry the same upstream, with the same bytes and IDs.
    case retrySame = "retry_same"
    /// Try the next upstream.
    case failover
    /// Nothing, until an operator decides.
    case hold
}
