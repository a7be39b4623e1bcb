package import Mail

/// How an operator settles a doubt.
package enum InDoubtResolution: String, Hashable, Sendable, CaseIterable {
    /// The upstream has taken the mail.
    case delivered
    /// Once more through the same upstream, as soon as that takes mail.
    case retry
    /// Through another upstream, as soon as one takes mail.
    case failover
}

/// What came of an operator's answer.
package enum InDoubtResolutionResult: Hashable, Sendable {
    /// It is durable.
    case resolved([Address])
    case noSuchMessage
    /// None of those meant is in doubt; nil for all recipients of the message.
    case notInDoubt(Address?)
    /// The message has no such recipient.
    case noSuchRecipient(Address)
    /// It should go through another upstream, and the recipient's route has none; nothing has changed.
    case noOtherUpstream(Address)
    /// An attempt of the message is under way, or begins.
    case busy
    /// The relay is stopping.
    case stopping
    /// The message could not be read; nothing has changed.
    case unreadable(String)
    /// It holds, but is not on disk yet, since the spool cannot write.
    case unrecorded(String)
}
