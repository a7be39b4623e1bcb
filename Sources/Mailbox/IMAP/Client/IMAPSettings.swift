/// How a session with an IMAP server works.
package struct IMAPSettings: Hashable, Sendable {
    /// RFC 2177: a server may log out a client that is inactive for 30 minutes.
    package static let longestRenewal = Duration.seconds(29 * 60)

    package var security = MailboxSecurity()
    package var limits = MailboxLimits()
    /// How long IDLE lasts before it is renewed, at most ``longestRenewal``. Shorter finds a dead connection sooner.
    package var renewal = Duration.seconds(300)
    /// Time between two NOOPs where the server has no IDLE.
    package var poll = Duration.seconds(10)

    package init(security: MailboxSecurity = MailboxSecurity(), limits: MailboxLimits = MailboxLimits()) {
        self.security = security
        self.limits = limits
    }
}
