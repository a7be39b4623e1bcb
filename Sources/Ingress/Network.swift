/// A range of IP addresses in CIDR notation, `10.0.0.0/8` or `fd00::/8`; a bare address is a range of one.
package struct Network: Hashable, Sendable {
    private let prefix: UInt128
    private let mask: UInt128

    /// Parses the notation; nil for anything else. Bits after the prefix are ignored.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = ClientAddress(parts[0]) else { return nil }
        let width = parts[0].contains(":") ? 128 : 32
        guard let length = parts.count == 1 ? width : Self.length(parts[1]), length <= width else { return nil }
        mask = ~UInt128.zero << UInt128(width - length)
        prefix = address.value & mask
    }

    package func contains(_ address: ClientAddress) -> Bool {
        address.value & mask == prefix
    }

    private static func length(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
