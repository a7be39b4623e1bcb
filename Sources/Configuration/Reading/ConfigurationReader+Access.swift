internal import Ingress
internal import Mail

/// Checks of who can reach a listener, and may relay there.
extension ConfigurationReader {
    mutating func checkListeners(_ listeners: [ListenerSettings]) {
        var addresses: [HostAndPort: Int] = [:]
        for (index, listener) in listeners.enumerated() where listener.port != 0 {
            let path = ConfigurationPath.root.key("listener").index(index).key("address")
            guard !failures.contains(path) else { continue }
            checkUnique(listener.address, in: &addresses, at: path, .error, "give each listener a unique address")
            checkCovered(listener, by: listeners[..<index], at: path)
        }
    }

    /// The system gives the port of a wildcard address to no other socket of the same family.
    private mutating func checkCovered(
        _ listener: ListenerSettings, by others: ArraySlice<ListenerSettings>, at path: ConfigurationPath
    ) {
        guard let address = IPAddress(listener.host) else { return }
        let other = others.indices.first { index in
            guard others[index].port == listener.port, let other = IPAddress(others[index].host) else { return false }
            return other.isIPv4 == address.isIPv4 && other != address && (other.isUnspecified || address.isUnspecified)
        }
        guard let other else { return }
        let line = lines.line(of: ConfigurationPath.root.key("listener").index(other).key("address")) ?? 0
        let (whole, part) = address.isUnspecified ? (listener, others[other]) : (others[other], listener)
        report(
            at: path, "\"\(whole.address)\" includes \"\(part.address)\", and the other one is on line \(line)",
            "remove one of the two, or change its port")
    }

    mutating func checkAccess(_ listener: ListenerSettings, at path: ConfigurationPath) {
        let place = path.key("allow")
        guard listener.auth != .required, !failures.contains(place), !failures.contains(path.key("address")) else {
            return
        }
        let networks = listener.allow.compactMap { IPNetwork($0) }
        guard !networks.isEmpty || listener.auth != .off else {
            return report(.warning, at: place, "nobody may relay here", "add the networks of your applications")
        }
        guard let address = IPAddress(listener.host) else { return }
        if let problem = Self.deafness(of: address, to: networks, listener) {
            return report(.warning, at: place, problem.text, problem.remedy)
        }
        guard !address.isLoopback else { return }
        if networks.contains(where: \.isEverything) {
            report(
                .warning, at: place, "anyone who reaches \(listener.address) may relay through it",
                "list the networks of your applications; open relays are found and abused within hours")
        } else if listener.auth == .off, networks.allSatisfy(\.address.isLoopback) {
            report(
                .warning, at: place, "\(listener.address) is reachable from outside, but only this machine may relay",
                "add the networks of your applications")
        }
    }

    /// A listener hears one family only, even on `[::]`. Behind a proxy the clients may be of either.
    private static func deafness(
        of address: IPAddress, to networks: [IPNetwork], _ listener: ListenerSettings
    ) -> (text: String, remedy: String)? {
        guard listener.auth == .off, listener.proxyProtocol.isEmpty,
            networks.allSatisfy({ $0.isIPv4 != address.isIPv4 })
        else { return nil }
        let (heard, other) = address.isIPv4 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
        return (
            "nobody may relay here: \(listener.address) hears \(heard) only, and these networks are \(other)",
            "add the \(heard) networks of your applications, or a listener with an \(other) address"
        )
    }

    mutating func checkProxies(_ listener: ListenerSettings, at path: ConfigurationPath) {
        guard listener.proxyProtocol.contains(where: { IPNetwork($0)?.isEverything == true }) else { return }
        report(
            .warning, at: path, "anyone may claim any client address",
            "list the addresses of your proxies; allow and the limits trust what they say")
    }
}
