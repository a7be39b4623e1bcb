package import Mail

/// How far an address reaches, by the special-purpose registries of IANA (RFC 6890).
package enum AddressScope: Hashable, Sendable {
    /// The public internet.
    case `public`
    /// A site's own networks, unique local addresses, networks of a carrier.
    case `private`
    case loopback
    /// One link; the metadata service of most clouds is here.
    case linkLocal
    case multicast
    /// Unspecified, broadcast, for documentation, for protocols, or not assigned.
    case reserved

    package init(_ address: IPAddress) {
        self = address.isIPv4 ? Self.ofIPv4(address) : Self.ofIPv6(address)
    }

    private static func ofIPv4(_ address: IPAddress) -> AddressScope {
        scopesOfIPv4.first { $0.0.contains { $0.contains(address) } }?.1 ?? .public
    }

    private static func ofIPv6(_ address: IPAddress) -> AddressScope {
        if translated.contains(address) {
            return AddressScope(IPAddress(ipv4: UInt32(truncatingIfNeeded: address.value)))
        }
        if let known = scopesOfIPv6.first(where: { $0.0.contains { $0.contains(address) } }) { return known.1 }
        return global.contains(address) ? .public : .reserved
    }

    private static func networks(_ texts: String...) -> [IPNetwork] {
        texts.map { text in
            guard let network = IPNetwork(text) else { preconditionFailure("\(text) is a network") }
            return network
        }
    }

    private static let scopesOfIPv4: [([IPNetwork], AddressScope)] = [
        (networks("127.0.0.0/8"), .loopback),
        (networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"), .private),
        (networks("169.254.0.0/16"), .linkLocal),
        (networks("224.0.0.0/4"), .multicast),
        (
            networks(
                "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
                "203.0.113.0/24", "240.0.0.0/4"), .reserved
        ),
    ]

    private static let scopesOfIPv6: [([IPNetwork], AddressScope)] = [
        (networks("::1/128"), .loopback),
        (networks("fc00::/7"), .private),
        (networks("fe80::/10"), .linkLocal),
        (networks("ff00::/8"), .multicast),
        // Tunnels among them: the address within would not be looked at.
        (networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"), .reserved),
    ]

    /// All global unicast addresses that are assigned (RFC 4291 section 2.4).
    private static let global = networks("2000::/3")[0]
    /// An IPv4 address behind a translator (RFC 6052 section 2.1).
    private static let translated = networks("64:ff9b::/96")[0]
}
