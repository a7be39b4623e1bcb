/// Looks into a mailbox, and reports to its ``MailboxOwner``.
package protocol MailboxLooker: Sendable {
    /// Makes the first look.
    func start()
    /// Looks as soon as that is possible.
    func look()
    /// Whether probes are under way, so that the mailbox is worth watching.
    func expect(_ isExpecting: Bool)
    /// The account has other settings.
    func replace(_ account: MailboxAccount)
    /// Ends its sessions; nothing is reported any more.
    func stop() async
}

extension MailboxVisitor: MailboxLooker {}
