package import Delivery
package import Mailbox
package import OAuth

/// A mailbox that probes are looked for in: `[round_trip.mailbox]` of relay.conf.
package struct MailboxAccount: Hashable, Sendable {
    /// Raw values are those of relay.conf.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case imap, pop3
    }

    package var kind = Kind.imap
    /// Name or IP address of the server.
    package var host: String
    package var port: UInt16
    package var tls = MailboxSecurity.TLSUse.implicit
    /// PEM file of trusted authorities; nil for the system's.
    package var caFile: String?
    /// The name that the server's certificate must have; nil for ``host``.
    package var tlsName: String?
    package var username: String
    /// nil for an account whose tokens the relay gets by itself.
    package var secret: SecretSource?
    package var oauth: OAuthSettings?
    /// Names of the folders that are looked into; empty for the inbox and, with IMAP, those with the special uses `\Junk`,
    /// `\All` and `\Archive` (RFC 6154).
    package var folders: [String] = []

    package init(host: String, port: UInt16, username: String) {
        self.host = host
        self.port = port
        self.username = username
    }
}
