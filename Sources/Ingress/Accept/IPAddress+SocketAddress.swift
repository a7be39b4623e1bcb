package import Mail
package import NIOCore

extension IPAddress {
    /// The address of a socket; nil for one that has no IP address.
    package init?(_ address: SocketAddress) {
        switch address.protocol {
        case .inet: self.init(ipv4: address.number(UInt32.self, at: 4))
        case .inet6: self.init(value: address.number(UInt128.self, at: 8))
        default: return nil
        }
    }
}

extension SocketAddress {
    /// Reads a number in network order from the `sockaddr`.
    fileprivate func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        withSockAddr { start, size in
            let bytes = UnsafeRawBufferPointer(start: start, count: size)
            return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
    }
}
