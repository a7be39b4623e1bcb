/// Encryption of a session with a mailbox.
package struct MailboxSecurity: Hashable, Sendable {
    /// When TLS begins; raw values are those of relay.conf.
    package enum TLSUse: String, Hashable, Sendable, CaseIterable {
        /// Never.
        case off
        /// By STARTTLS (RFC 9051 section 6.2.1) or STLS (RFC 2595 section 4); no login without it.
        case starttls
        /// From the first octet (RFC 8314 section 3).
        case implicit
    }

    package var tls: TLSUse
    /// Whether to log in without TLS: on loopback only.
    package var authenticatesInClear: Bool

    package init(tls: TLSUse = .implicit, authenticatesInClear: Bool = false) {
        self.tls = tls
        self.authenticatesInClear = authenticatesInClear
    }
}
