/// Encryption and authentication of a client session before it hands over mail.
package struct ClientSecurity: Hashable, Sendable {
    /// When TLS begins; raw values are those of relay.conf.
    package enum TLSUse: String, Hashable, Sendable, CaseIterable {
        /// Never.
        case off
        /// By STARTTLS if the server offers it, otherwise (or if it fails) in clear text (RFC 7435 section 3).
        case opportunistic
        /// By STARTTLS; no mail without it (RFC 3207).
        case starttls
        /// From the first octet (RFC 8314 section 3).
        case implicit
    }

    package var tls: TLSUse
    /// Whether to log in before handing over mail.
    package var authenticates: Bool
    /// Whether credentials may be sent without TLS (RFC 4954 section 4).
    package var authenticatesInClear: Bool

    package static let none = ClientSecurity()

    package init(tls: TLSUse = .off, authenticates: Bool = false, authenticatesInClear: Bool = false) {
        self.tls = tls
        self.authenticates = authenticates
        self.authenticatesInClear = authenticatesInClear
    }
}
