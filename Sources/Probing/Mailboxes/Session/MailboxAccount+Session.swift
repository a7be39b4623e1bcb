internal import Mail
internal import Mailbox

extension MailboxAccount {
    /// Whether a password may be sent without TLS: only to this machine.
    var isClearAllowed: Bool { tls == .off && (host == "localhost" || IPAddress(host)?.isLoopback == true) }

    var security: MailboxSecurity { MailboxSecurity(tls: tls, authenticatesInClear: isClearAllowed) }

    var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether what is known of the mailbox holds for this account too.
    func isSameMailbox(as other: MailboxAccount) -> Bool {
        (kind, host, port, username) == (other.kind, other.host, other.port, other.username)
    }
}
