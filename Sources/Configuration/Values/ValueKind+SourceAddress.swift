internal import Mail

extension ValueKind<IPAddress> {
    /// An address that a machine can have.
    static let sourceAddress = ValueKind(
        name: "IP address", bounds: "`192.0.2.1`, `2001:db8::1`"
    ) { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw, let address = IPAddress(text) else {
            throw InvalidValue("is not an IP address", "write for example \"192.0.2.1\" or \"2001:db8::1\"")
        }
        guard !address.isUnspecified else {
            throw InvalidValue("stands for every address", "write one of them, or leave the key out")
        }
        guard !address.isOfMany, !address.needsZone else {
            throw InvalidValue("is no address that connections can come from", "write one that a network knows")
        }
        return address
    } write: {
        RawValue.quote("\($0)")
    }
}

extension IPAddress {
    /// For the reference page.
    static var example: IPAddress { IPAddress(ipv4: 0xC000_0201) }

    /// `224.0.0.0/4`, `255.255.255.255` or `ff00::/8` (RFC 4291 section 2.7).
    fileprivate var isOfMany: Bool { isIPv4 ? UInt8(truncatingIfNeeded: value >> 24) >= 224 : value >> 120 == 0xFF }

    /// `fe80::/10`: the same on every interface (RFC 4291 section 2.5.6).
    fileprivate var needsZone: Bool { !isIPv4 && value >> 118 == 0xFE80 >> 6 }
}
