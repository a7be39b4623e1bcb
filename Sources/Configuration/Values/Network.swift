/// A network in CIDR form (RFC 4632), `10.0.0.0/8`, `2001:db8::/32`; a bare address is a network of one.
struct Network: Hashable, Sendable, CustomStringConvertible {
    let address: IPAddress
    /// Prefix length in bits.
    let prefix: Int

    var description: String { "\(address)/\(prefix)" }

    /// Whether the network is all of IPv4 or IPv6.
    var isEverything: Bool { prefix == 0 }

    init(_ text: String) throws(InvalidValue) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else {
            throw InvalidValue(
                "is not a network", "write for example \"10.0.0.0/8\", \"192.0.2.7\" or \"2001:db8::/32\"")
        }
        let bits = address.octets.count * 8
        guard parts.count == 2 else {
            self.address = address
            prefix = bits
            return
        }
        let isDecimal = !parts[1].isEmpty && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, let prefix = Int(parts[1]), prefix <= bits else {
            throw InvalidValue(
                "needs a prefix length from 0 to \(bits)",
                "write for example \"\(address)/\(bits)\" for that address alone")
        }
        let network = address.masked(to: prefix)
        guard network == address else {
            throw InvalidValue(
                "has bits set after its prefix",
                "write \"\(network)/\(prefix)\" for the network or \"\(address)\" for that address alone")
        }
        self.address = address
        self.prefix = prefix
    }
}

extension IPAddress {
    /// The address with all bits after the first `bits` cleared.
    fileprivate func masked(to bits: Int) -> IPAddress {
        let octets = octets.enumerated().map { index, octet in
            let kept = min(8, max(0, bits - index * 8))
            return kept == 0 ? 0 : octet & (0xFF << UInt8(8 - kept))
        }
        return IPAddress(octets: octets)
    }
}
