package import Mail

/// How an operator settles a doubt.
package enum DoubtAnswer: String, Hashable, Sendable, CaseIterable {
    /// The upstream has taken the mail.
    case delivered
    /// Once more through the same upstream, now.
    case retry
    /// Through another upstream, now.
    case failover
}

/// What came of an operator's answer.
package enum DoubtResult: Hashable, Sendable {
    /// It is durable.
    case resolved([Address])
    case noSuchMessage
    /// None of those meant is in doubt; nil for all recipients of the message.
    case notInDoubt(Address?)
    /// The message has no such recipient.
    case noSuchRecipient(Address)
    /// An attempt of the message is under way, or begins.
    case busy
    /// The relay is stopping.
    case stopping
    /// The message could not be read; nothing has changed.
    case unreadable(String)
    /// It holds, but is not on disk yet, since the spool cannot write.
    case unrecorded(String)
}
