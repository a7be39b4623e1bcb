internal import Mail

/// The inside of an address literal: an IPv4 address, or `IPv6:` and an IPv6 address (RFC 5321 section 4.1.3). General
/// literals have no registered tag and are refused.
enum AddressLiteral {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isIPv6 = UnsafeRawBufferPointer(rebasing: bytes.prefix(5)).equalsIgnoringCase("ipv6:")
        let address = isIPv6 ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst(5)) : bytes
        guard address.contains(UInt8(ascii: ":")) == isIPv6 else { return false }
        return IPAddress(String(decoding: address, as: UTF8.self)) != nil
    }
}
