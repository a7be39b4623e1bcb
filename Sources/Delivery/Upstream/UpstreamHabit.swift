/// What the relay has learned about the way of an upstream.
package enum UpstreamHabit: Hashable, Sendable {
    /// It ends a session after this many messages; nil when one has outlived that.
    case messagesPerSession(Int?)
    /// It allows this many sessions at a time.
    case sessions(Int)

    /// Its name in the log.
    package var name: String {
        switch self {
        case .messagesPerSession: "messages_per_session"
        case .sessions: "sessions"
        }
    }

    /// The number that it is about; nil for any.
    package var limit: Int? {
        switch self {
        case .messagesPerSession(let limit): limit
        case .sessions(let limit): limit
        }
    }
}
