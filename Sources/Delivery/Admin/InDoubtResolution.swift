package import Mail

/// How an operator resolves a doubt.
package enum InDoubtResolution: String, Hashable, Sendable, CaseIterable {
    /// The upstream has accepted the mail.
    case delivered
    /// Retry through the same upstream, as soon as it accepts mail.
    case retry
    /// Retry through another upstream, as soon as one accepts mail.
    case failover
}

/// Result of an operator's resolution.
package enum InDoubtResolutionResult: Hashable, Sendable {
    /// Resolved and durable.
    case resolved([Address])
    case noSuchMessage
    /// This recipient is not in doubt; nil if no recipient of the message is.
    case notInDoubt(Address?)
    /// The message has no such recipient.
    case noSuchRecipient(Address)
    /// It should go through another upstream, but the recipient's route has none; nothing has changed.
    case noOtherUpstream(Address)
    /// An attempt of the message is in progress, or about to start.
    case busy
    /// The relay is stopping.
    case stopping
    /// The message could not be read; nothing has changed.
    case unreadable(String)
    /// In force, but not on disk yet, because the spool cannot write.
    case unrecorded(String)
}
