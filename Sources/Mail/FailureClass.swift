/// What a failure is about, as a stable name: for notices, events, statistics and filters.
public enum FailureClass: String, Hashable, Sendable, CaseIterable {
    /// There is no such mailbox or domain.
    case invalidRecipient = "invalid_recipient"
    case mailboxFull = "mailbox_full"
    /// A policy of the recipient's side or of the provider.
    case policy
    /// Something in the message itself, other than its size.
    case content
    case spam
    case tooLarge = "too_large"
    /// The relay's account at the upstream, or an authentication of the sender such as SPF, DKIM and DMARC.
    case authentication
    case relayDenied = "relay_denied"
    case throttled
    /// No upstream could be reached, or none could carry the message.
    case transport
    /// The message could not be delivered in time.
    case expired
    /// The relay itself keeps mail from this address.
    case suppressed
    case other
}
