internal import NIOCore

/// Version 2, binary (section 2.2): 12 octets of signature, version and command, family and protocol, the length of the
/// rest, addresses, TLVs.
enum ProxyHeaderV2 {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    private static let fixedLength = 16

    /// Family and protocol of a TCP connection.
    private enum Family: UInt8 {
        case unspecified = 0x00
        case tcp4 = 0x11
        case tcp6 = 0x21
        case unixStream = 0x31

        /// Octets of source and destination with their ports.
        var addressLength: Int {
            switch self {
            case .unspecified: 0
            case .tcp4: 12
            case .tcp6: 36
            case .unixStream: 216
            }
        }
    }

    static func read(_ bytes: UnsafeRawBufferPointer) -> ProxyHeader.Reading {
        guard bytes.agrees(with: signature) else { return .malformed("no PROXY header") }
        // The version is checked as soon as it has arrived: the rest of another version is meaningless to us.
        if bytes.count > 12, bytes[12] != 0x20, bytes[12] != 0x21 {
            return .malformed("PROXY header with an unknown version or command")
        }
        guard bytes.count >= fixedLength else { return .incomplete }
        let length = fixedLength + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= ProxyHeader.maxLength else { return .malformed("PROXY header too long") }
        guard bytes.count >= length else { return .incomplete }
        return read(UnsafeRawBufferPointer(rebasing: bytes[..<length]), isLocal: bytes[12] == 0x20)
    }

    /// Parses a complete header; TLVs after the addresses are skipped.
    private static func read(_ header: UnsafeRawBufferPointer, isLocal: Bool) -> ProxyHeader.Reading {
        // "the receiver must accept this connection as valid and must use the real connection endpoints and discard
        // the protocol block including the family which is ignored"
        if isLocal { return .header(ProxyHeader(length: header.count, source: nil, isLocal: true)) }
        guard let family = Family(rawValue: header[13]) else { return .malformed("PROXY header not for TCP") }
        guard header.count >= fixedLength + family.addressLength else {
            return .malformed("PROXY header shorter than its addresses")
        }
        return .header(ProxyHeader(length: header.count, source: source(header, family)))
    }

    private static func source(_ header: UnsafeRawBufferPointer, _ family: Family) -> SocketAddress? {
        switch family {
        case .unspecified, .unixStream: nil
        case .tcp4: address(header[16..<20], port: header[24..<26])
        case .tcp6: address(header[16..<32], port: header[48..<50])
        }
    }

    private static func address(
        _ octets: Slice<UnsafeRawBufferPointer>, port: Slice<UnsafeRawBufferPointer>
    ) -> SocketAddress? {
        try? SocketAddress(
            packedIPAddress: ByteBuffer(bytes: octets), port: port.reduce(0) { $0 << 8 + Int($1) })
    }
}
