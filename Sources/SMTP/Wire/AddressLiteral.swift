#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif
internal import Mail

/// The inside of an address literal: an IPv4 address, or `IPv6:` and an IPv6 address (RFC 5321 section 4.1.3). General
/// literals have no registered tag and are refused.
enum AddressLiteral {
    private static let longest = 45

    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let tag = UnsafeRawBufferPointer(rebasing: bytes.prefix(5))
        if tag.equalsIgnoringCase("ipv6:") {
            return isAddress(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(5)), family: AF_INET6)
        }
        return isAddress(bytes, family: AF_INET)
    }

    private static func isAddress(_ bytes: UnsafeRawBufferPointer, family: Int32) -> Bool {
        guard bytes.count <= longest else { return false }
        var address = in6_addr()
        return inet_pton(family, String(decoding: bytes, as: UTF8.self), &address) == 1
    }
}
