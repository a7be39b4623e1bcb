/// A range of IP addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `2001:db8::/32`; an address alone is a range of one.
///
/// IPv4 addresses are in IPv4 networks only: `::/0` is all of IPv6.
package struct IPNetwork: Hashable, Sendable {
    /// The first address of the range.
    package let address: IPAddress
    /// Number of significant leading bits, of the 128 of the address as a number.
    private let bits: Int

    /// Why a text is not a network.
    package enum FormatError: Error, Hashable {
        /// The part before the slash is not an address.
        case address
        /// The part after the slash is not a number from 0 to `width`.
        case prefix(of: IPAddress, width: Int)
    }

    private init(_ address: IPAddress, bits: Int) {
        self.address = IPAddress(value: address.value & Self.mask(bits))
        self.bits = bits
    }

    /// Reads the notation; nil for anything else. Bits after the prefix may be set and are ignored.
    package init?(_ text: String) {
        guard let network = try? Self.parse(text).network else { return nil }
        self = network
    }

    /// Reads the notation.
    ///
    /// - Returns: the address as written, which may have bits set after the prefix, and its network.
    package static func parse(_ text: String) throws(FormatError) -> (address: IPAddress, network: IPNetwork) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { throw .address }
        let width = parts[0].utf8.contains(UInt8(ascii: ":")) ? 128 : 32
        guard parts.count == 2 else { return (address, IPNetwork(address, bits: 128)) }
        guard let length = length(parts[1]), length <= width else { throw .prefix(of: address, width: width) }
        return (address, IPNetwork(address, bits: 128 - width + length))
    }

    private static func length(_ text: Substring) -> Int? {
        let isDecimal = (1...3).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isDecimal ? Int(text) : nil
    }

    private static func mask(_ bits: Int) -> UInt128 {
        ~UInt128.zero << UInt128(128 - bits)
    }

    /// Whether it is a network of IPv4 addresses.
    package var isIPv4: Bool { address.isIPv4 && bits >= 96 }

    /// Number of significant leading bits: of 32 for IPv4, of 128 for IPv6.
    package var prefix: Int { isIPv4 ? bits - 96 : bits }

    /// Whether the network is all of IPv4 or all of IPv6.
    package var isEverything: Bool { prefix == 0 }

    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == isIPv4 && address.value & Self.mask(bits) == self.address.value
    }
}

extension IPNetwork: CustomStringConvertible {
    package var description: String { "\(address)/\(prefix)" }
}
