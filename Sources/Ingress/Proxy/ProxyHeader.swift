package import NIOCore

/// The header that a proxy writes before the octets of its client: the PROXY protocol, versions 1 and 2
/// (haproxy's `doc/proxy-protocol.txt`, sections 2.1 and 2.2).
package struct ProxyHeader: Hashable, Sendable {
    /// Octets of the header.
    package let length: Int
    /// The client's address; nil where the proxy speaks for itself (`LOCAL`, as for a health check) or does not know
    /// (`UNKNOWN`, `UNSPEC`, a Unix socket): then the address of the connection holds.
    package let source: SocketAddress?
    /// Whether there is a client whom the proxy cannot name, which must not have the proxy's own rights.
    package let isClientUnknown: Bool

    init(length: Int, source: SocketAddress?, isLocal: Bool = false) {
        self.length = length
        self.source = source
        isClientUnknown = source == nil && !isLocal
    }

    /// What the octets that have come so far are.
    package enum Reading: Hashable, Sendable {
        /// The beginning of a header; more octets are needed.
        case incomplete
        case header(ProxyHeader)
        /// No header, for this reason.
        case malformed(String)
    }

    /// More octets are never kept: a header with its TLVs has some hundreds.
    package static let maxLength = 4096

    /// Reads the header at the start of what has come. What follows it belongs to the session.
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
    /// Whether the octets agree with the signature as far as they go.
    func agrees(with signature: [UInt8]) -> Bool {
        zip(self, signature).allSatisfy(==)
    }
}
