/// Ties a login to its TLS connection, so that an intermediary cannot relay it (RFC 5056).
package struct ChannelBinding: Hashable, Sendable {
    /// The value of `tls-exporter` (RFC 9266 section 2), the only supported type: 32 octets that both ends of a TLS 1.3
    /// connection derive from its secrets.
    package let exporter: [UInt8]

    package init(exporter: [UInt8]) {
        self.exporter = exporter
    }

    /// The name in SCRAM's header (RFC 9266 section 2).
    static let name = "tls-exporter"
}
