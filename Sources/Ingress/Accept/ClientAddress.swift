#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
package import NIOCore

/// An IP address as a number; IPv4 addresses are mapped to `::ffff:0:0/96`, however they arrived.
package struct ClientAddress: Hashable, Sendable {
    package let value: UInt128

    private static let mapped: UInt128 = 0xFFFF << 32

    /// The client's side of a connection; nil for a socket without an IP address.
    package init?(_ address: SocketAddress) {
        switch address.protocol {
        case .inet:
            value = Self.mapped | UInt128(Self.load(UInt32.self, of: address, at: 4))
        case .inet6:
            value = Self.load(UInt128.self, of: address, at: 8)
        default:
            return nil
        }
    }

    /// Parses an address without brackets or zone.
    package init?(_ text: some StringProtocol) {
        var octets = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(text), &octets) == 1 {
            value = Self.mapped | octets[..<4].reduce(0) { $0 << 8 | UInt128($1) }
        } else if inet_pton(AF_INET6, String(text), &octets) == 1 {
            value = octets.reduce(0) { $0 << 8 | UInt128($1) }
        } else {
            return nil
        }
    }

    package var isIPv4: Bool { value >> 32 == 0xFFFF }

    init(value: UInt128) {
        self.value = value
    }

    /// Reads a number in network order from a `sockaddr`.
    private static func load<Number: FixedWidthInteger>(
        _ type: Number.Type, of address: SocketAddress, at offset: Int
    ) -> Number {
        address.withSockAddr { start, size in
            let bytes = UnsafeRawBufferPointer(start: start, count: size)
            return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
    }
}
