#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
package import NIOCore

#if canImport(Darwin)
/// After the length octet.
private let familyOffset = 1
#else
private let familyOffset = 0
#endif

extension SocketAddress {
    /// The IP address and port that a socket is bound to; nil if there is none.
    ///
    /// Does not use the members of `sockaddr_in` and its kin: the compiler may attribute them to Glibc's module or to
    /// one inside NIO, whichever it met first, and accepts only the former.
    package init?(boundTo descriptor: CInt) {
        let address = withUnsafeTemporaryAllocation(
            byteCount: MemoryLayout<sockaddr_storage>.size, alignment: MemoryLayout<sockaddr_storage>.alignment
        ) { bytes -> SocketAddress? in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return nil }
            var size = socklen_t(bytes.count)
            guard getsockname(descriptor, start, &size) == 0 else { return nil }
            return switch CInt(bytes.loadUnaligned(fromByteOffset: familyOffset, as: sa_family_t.self)) {
            case AF_INET: SocketAddress(bytes.loadUnaligned(as: sockaddr_in.self))
            case AF_INET6: SocketAddress(bytes.loadUnaligned(as: sockaddr_in6.self))
            default: nil
            }
        }
        guard let address else { return nil }
        self = address
    }
}
