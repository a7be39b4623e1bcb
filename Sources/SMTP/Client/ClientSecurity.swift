/// What a client session does about encryption and authentication before it hands over mail.
package struct ClientSecurity: Hashable, Sendable {
    /// When TLS begins; the raw values are the words of relay.conf.
    package enum TLSUse: String, Hashable, Sendable, CaseIterable {
        /// Never.
        case off
        /// By STARTTLS where the server offers it, in clear text where it does not, or will not (RFC 7435 section 3).
        case opportunistic
        /// By STARTTLS, and no mail without it (RFC 3207).
        case starttls
        /// From the first octet (RFC 8314 section 3).
        case implicit
    }

    package var tls: TLSUse
    /// Whether the server has to know who we are before mail is handed over.
    package var authenticates: Bool
    /// Whether credentials may cross a connection without TLS (RFC 4954 section 4).
    package var authenticatesInClear: Bool

    package static let none = ClientSecurity()

    package init(tls: TLSUse = .off, authenticates: Bool = false, authenticatesInClear: Bool = false) {
        self.tls = tls
        self.authenticates = authenticates
        self.authenticatesInClear = authenticatesInClear
    }
}
