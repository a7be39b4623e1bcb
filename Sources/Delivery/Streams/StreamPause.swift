package import Mail

/// Why nothing of a stream is handed over, and since when.
package struct StreamPause: Hashable, Sendable {
    /// Who has decided.
    package enum Author: String, Hashable, Sendable, CaseIterable, Codable {
        case `operator`, relay
    }

    package var author: Author
    package var reason: String?
    /// By the system's clock.
    package var since: Timestamp

    package init(by author: Author, reason: String?, since: Timestamp) {
        (self.author, self.reason, self.since) = (author, reason, since)
    }
}

/// What happens to a stream, for the operator.
package enum StreamEvent: Hashable, Sendable {
    /// Nothing of it is handed over from now on.
    case paused(StreamPause)
    /// An operator lets it go on.
    ///
    /// - Parameter reason: the operator's.
    case resumed(reason: String?)
    /// A new stream has passed a step, and gets this percentage.
    case canaryStepped(to: Int)
    /// A new stream has passed its last step.
    case canaryPassed
}

/// What the relay decides about a stream, or about all that share a record.
struct StreamVerdict: Hashable, Sendable {
    /// Of the stream, or of the row that they share.
    let name: String
    let event: StreamEvent
}
