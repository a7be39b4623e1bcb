/// The addresses in the body of `From:` or `Reply-To:` (RFC 5322 sections 3.4 and 4.4, RFC 6854 for groups, RFC 6532 for
/// characters beyond ASCII).
///
/// The body is a stranger's, and whoever reads it next may read it otherwise. So everything that any reader could take for
/// an address is one here, such as that in `ann@example.com <bob@example.com>`, and a body that can be read in two ways
/// is not read.
package struct MailboxList: Hashable, Sendable {
    /// In order; those within groups too.
    package let mailboxes: [Mailbox]

    /// - Parameter body: what follows the colon, folded as it came, with or without its last line end.
    /// - Returns: nil for what is no list of addresses.
    package init?(_ body: [UInt8]) {
        var reader = MailboxReader(body)
        guard let mailboxes = reader.list() else { return nil }
        self.mailboxes = mailboxes
    }
}
