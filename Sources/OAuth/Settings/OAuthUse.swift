/// What the tokens of an account are used for.
package enum OAuthUse: Hashable, Sendable {
    /// Handing in mail.
    case submission
    /// Reading a mailbox by IMAP or POP3.
    case imap, pop3
}
