internal import Mail

/// Which addresses requests may go to. It sees the addresses that are connected to, after resolution: what the name
/// resolves to a moment later does not matter.
struct AddressRule: Sendable {
    /// Whether private, loopback and link-local addresses are allowed.
    let allowsPrivate: Bool

    func allows(_ address: IPAddress) -> Bool {
        switch AddressScope(address) {
        case .public: true
        case .private, .loopback, .linkLocal: allowsPrivate
        // Addresses for documentation are in nobody's network; the others are not for TCP.
        case .multicast, .reserved: false
        }
    }

    /// Those that are allowed.
    ///
    /// - Throws: ``WebError`` `resolve` if there is none at all, `refused_address` if none is allowed.
    func filter(_ addresses: [IPAddress], of host: String) throws(WebError) -> [IPAddress] {
        guard let first = addresses.first else { throw WebError(.resolve, "\(host): the name has no address") }
        let allowed = addresses.filter(allows)
        guard allowed.isEmpty else { return allowed }
        let place = host == "\(first)" ? host : "\(host) is at \(first), which"
        throw WebError(.refusedAddress, "\(place) is \(AddressScope(first).words)\(hint(first))")
    }

    private func hint(_ address: IPAddress) -> String {
        AddressRule(allowsPrivate: true).allows(address) ? " and not allowed without private = true" : ""
    }
}

extension AddressScope {
    /// Continues "is".
    var words: String {
        switch self {
        case .public: "a public address"
        case .private: "a private address"
        case .loopback: "a loopback address"
        case .linkLocal: "a link-local address"
        case .multicast: "a multicast address"
        case .reserved: "a reserved address"
        }
    }
}
