internal import CNIOLinux
package import Mail

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An address of this machine that sessions come from.
package enum SourceAddress {
    /// Why sessions cannot come from an address; nil if they can. Asks the system, which may have the address later.
    package static func problem(with address: IPAddress) -> String? {
        let number = address.isIPv4 ? number4(UInt32(truncatingIfNeeded: address.value)) : number6(address.value)
        return switch number {
        case 0: nil
        case EADDRNOTAVAIL: "\(address) is not an address of this machine"
        default: "\(address): \(String(cString: strerror(number)))"
        }
    }

    private static func number4(_ value: UInt32) -> Int32 {
        var socket = sockaddr_in()
        socket.sin_family = sa_family_t(AF_INET)
        socket.sin_addr.s_addr = value.bigEndian
        return number(AF_INET, socket)
    }

    private static func number6(_ value: UInt128) -> Int32 {
        var socket = sockaddr_in6()
        socket.sin6_family = sa_family_t(AF_INET6)
        withUnsafeMutableBytes(of: &socket.sin6_addr) { octets in
            withUnsafeBytes(of: value.bigEndian) { octets.copyMemory(from: $0) }
        }
        return number(AF_INET6, socket)
    }

    /// Binds a socket of its own, which is closed again; a port of 0 is any.
    ///
    /// - Returns: the error number, 0 for none.
    private static func number<Socket>(_ family: Int32, _ address: Socket) -> Int32 {
        #if canImport(Glibc)
        let kind = Int32(SOCK_DGRAM.rawValue)
        #else
        let kind = SOCK_DGRAM
        #endif
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return withUnsafeBytes(of: address) { octets in
            guard let base = octets.baseAddress else { return EINVAL }
            let length = socklen_t(octets.count)
            return bind(descriptor, base.assumingMemoryBound(to: sockaddr.self), length) == 0 ? 0 : errno
        }
    }
}

/// Why no session can come from `source_address`.
struct SourceAddressError: Error, CustomStringConvertible {
    let description: String

    /// All addresses of the upstream are of the other family.
    static func otherFamily(of host: String, from source: IPAddress) -> SourceAddressError {
        let (needed, other) = source.isIPv4 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
        return SourceAddressError(
            description: "\(host) has only \(other) addresses, and source_address \(source) needs \(needed)")
    }

    /// The address cannot be used now; nil if it can.
    init?(_ source: IPAddress) {
        guard let problem = SourceAddress.problem(with: source) else { return nil }
        description = "source_address \(problem)"
    }

    private init(description: String) {
        self.description = description
    }
}
