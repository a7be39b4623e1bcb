/// What the relay has learned about the way of an upstream.
package enum UpstreamHabit: Hashable, Sendable {
    /// It ends a session after this many messages; nil when one has outlived that.
    case messagesPerSession(Int?)
    /// It allows this many sessions at a time.
    case sessions(Int)
    /// More sessions at a time than this carry no more mail.
    case usefulSessions(Int)
    /// It ends a session amid the recipients of a transaction that has more than this; nil when a larger one has gone
    /// through.
    case recipientsPerTransaction(Int?)
    /// It has fallen silent after pipelined commands: sessions send one at a time for a while.
    case dropsPipelinedCommands
    /// It refuses a mechanism of AUTH that it offers: another one is tried.
    case refusesMechanism

    /// Its name in the log.
    package var name: String {
        switch self {
        case .messagesPerSession: "messages_per_session"
        case .sessions: "sessions"
        case .usefulSessions: "useful_sessions"
        case .recipientsPerTransaction: "recipients_per_transaction"
        case .dropsPipelinedCommands: "drops_pipelined_commands"
        case .refusesMechanism: "refuses_mechanism"
        }
    }

    /// The number that it is about; nil for any.
    package var limit: Int? {
        switch self {
        case .messagesPerSession(let limit): limit
        case .sessions(let limit): limit
        case .usefulSessions(let limit): limit
        case .recipientsPerTransaction(let limit): limit
        case .dropsPipelinedCommands, .refusesMechanism: nil
        }
    }
}
