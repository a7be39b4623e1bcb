package import Mail

/// What happens to round trips, for those who tell, count or keep it.
package enum TripNews: Sendable {
    /// Something to be counted about one probe.
    case fact(TripFact)
    /// A probe could not be sent. This blames neither the upstream nor the mailbox.
    ///
    /// - Parameters:
    ///   - sentAt: of its token; nil if it has none.
    ///   - isRepeated: whether the one before could not be sent either, for the same reason.
    case notSent(TripPath, sentAt: Timestamp? = nil, reason: String, isRepeated: Bool = false)
    case changed(TripChange)
    case mailbox(MailboxChange)
    /// Probes that were found cannot be deleted, and stay in the mailbox.
    case kept(mailbox: String, cause: String)
    /// An upstream loses mail.
    ///
    /// - applied: whether its circuit or its share was changed, as its action says; never with `alert`.
    case blamed(UpstreamBlame, applied: Bool)
    /// Round trips of a blamed upstream arrive again, or an operator has decided otherwise.
    case acquitted(upstream: String, cause: String)
    /// A file could not be read, and a new one begins.
    case unreadable(path: String, reason: String, keptAt: String?)
    /// What has happened since the last time would not survive a restart.
    case unwritable(path: String, reason: String)
}
