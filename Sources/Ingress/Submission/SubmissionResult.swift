package import Mail

/// What became of a message that was handed in by the API.
package enum SubmissionResult: Hashable, Sendable {
    /// It is durable under this queue ID, now or since it was handed in first.
    case accepted(String)
    /// Nothing of it was taken; `recipient` is the address that this is about, if it is about one.
    case refused(Reply, recipient: String?)
}
