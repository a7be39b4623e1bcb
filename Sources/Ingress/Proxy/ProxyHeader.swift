package import NIOCore

/// The header that a proxy sends before its client's data: the PROXY protocol, versions 1 and 2 (haproxy's
/// `doc/proxy-protocol.txt`, sections 2.1 and 2.2).
package struct ProxyHeader: Hashable, Sendable {
    /// Length of the header in octets.
    package let length: Int
    /// The client's address; nil if the proxy speaks for itself (`LOCAL`, as for a health check) or does not know it
    /// (`UNKNOWN`, `UNSPEC`, a Unix socket): then the connection's own address applies.
    package let source: SocketAddress?
    /// Whether there is a client that the proxy cannot name; it must not get the proxy's own rights.
    package let isClientUnknown: Bool

    init(length: Int, source: SocketAddress?, isLocal: Bool = false) {
        self.length = length
        self.source = source
        isClientUnknown = source == nil && !isLocal
    }

    /// The result of parsing the octets so far.
    package enum Reading: Hashable, Sendable {
        /// The beginning of a header; more octets are needed.
        case incomplete
        case header(ProxyHeader)
        /// Not a header, for this reason.
        case malformed(String)
    }

    /// Maximum length; a header with its TLVs has a few hundred octets.
    package static let maxLength = 4096

    /// Parses the header at the start of the octets. What follows belongs to the session.
    package static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard let first = bytes.first else { return .incomplete }
        switch first {
        case ProxyHeaderV1.signature[0]: return ProxyHeaderV1.read(bytes)
        case ProxyHeaderV2.signature[0]: return ProxyHeaderV2.read(bytes)
        default: return .malformed("no PROXY header")
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the octets match the signature as far as they go.
    func agrees(with signature: [UInt8]) -> Bool {
        zip(self, signature).allSatisfy(==)
    }
}
