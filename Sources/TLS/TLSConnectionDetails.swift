/// User event that a ``TLSHandler`` fires inbound, once, when the handshake is complete.
package struct TLSHandshakeCompleted: Hashable, Sendable {
    package let details: TLSConnectionDetails

    package init(details: TLSConnectionDetails) {
        self.details = details
    }
}

/// Negotiated TLS parameters.
package struct TLSConnectionDetails: Hashable, Sendable {
    /// "TLSv1.3" or "TLSv1.2".
    package let version: String
    /// Cipher suite in the library's spelling: "TLS_AES_128_GCM_SHA256".
    package let cipher: String
    /// Whether the session was resumed (RFC 8446 section 2.2, RFC 5077).
    package let isResumed: Bool
    /// Host name requested by the client (RFC 6066 section 3); nil if none.
    package let serverName: String?
    /// Subject of the verified client certificate, as text by RFC 2253. Nil on the client side.
    package let peerSubject: String?
    /// The last common name of that subject.
    package let peerCommonName: String?
    /// Channel binding "tls-exporter", 32 octets (RFC 9266 section 2); only with TLS 1.3.
    package let exporter: [UInt8]?

    package init(
        version: String,
        cipher: String,
        isResumed: Bool = false,
        serverName: String? = nil,
        peerSubject: String? = nil,
        peerCommonName: String? = nil,
        exporter: [UInt8]? = nil
    ) {
        self.version = version
        self.cipher = cipher
        self.isResumed = isResumed
        self.serverName = serverName
        self.peerSubject = peerSubject
        self.peerCommonName = peerCommonName
        self.exporter = exporter
    }

    /// Version and cipher, as shown in logs and `Received:` headers.
    package var summary: String { "\(version) \(cipher)" }
}
