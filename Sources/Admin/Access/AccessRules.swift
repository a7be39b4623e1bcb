internal import Access
internal import Mail

/// What the settings say about a request before anybody asks for its token: whether its client, and the name that it was
/// sent to, are ours to serve. A value without IO.
struct AccessRules: Sendable {
    private let hosts: Set<String>
    private let networks: [IPNetwork]
    private let proxies: [IPNetwork]

    /// - Parameter hostname: the relay's own name.
    init(_ settings: HTTPSettings, hostname: String) {
        hosts = Set(settings.hosts + ["localhost", hostname.lowercased()])
        networks = settings.allow.compactMap { IPNetwork($0) }
        proxies = settings.trustedProxies.compactMap { IPNetwork($0) }
    }

    func isProxy(_ address: IPAddress) -> Bool { proxies.contains { $0.contains(address) } }

    func admits(_ client: IPAddress) -> Bool { networks.contains { $0.contains(client) } }

    /// The client behind the proxies that we trust: the last address of `X-Forwarded-For` that is not one of theirs.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - fields: the values of all fields of that name, in their order.
    /// - Returns: nil where a proxy names no address.
    func client(_ peer: IPAddress, forwarded fields: [String]) -> IPAddress? {
        guard isProxy(peer), !fields.isEmpty else { return peer }
        var client = peer
        for word in fields.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false).reversed() {
            guard let address = IPAddress(Self.bare(word)) else { return nil }
            client = address
            if !isProxy(address) { break }
        }
        return client
    }

    /// Without blanks, brackets and port.
    private static func bare(_ word: Substring) -> String {
        let text = word.filter { $0 != " " && $0 != "\t" }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return String(text.dropFirst()[..<end]) }
        guard text.contains("."), let colon = text.firstIndex(of: ":") else { return text }
        return String(text[..<colon])
    }

    /// Whether a request was meant for this relay: a page elsewhere can make a browser send one here under a name that it
    /// lets point to us (DNS rebinding).
    ///
    /// - Parameters:
    ///   - authority: the value of Host, or an origin after its scheme: a name or an address, and a port or none.
    ///   - local: our end of the connection.
    func isOurs(_ authority: String, at local: IPAddress?) -> Bool {
        guard let host = Self.host(of: authority) else { return false }
        if hosts.contains(host) { return true }
        guard let address = IPAddress(host) else { return false }
        return address == local || hosts.contains(address.description)
    }

    /// Whether the page that made a browser send a request is one of ours.
    ///
    /// - Parameter origin: the value of Origin.
    func isOurs(origin: String, at local: IPAddress?) -> Bool {
        for scheme in ["https://", "http://"] where origin.hasPrefix(scheme) {
            return isOurs(String(origin.dropFirst(scheme.count)), at: local)
        }
        return false
    }

    /// In lower case, without brackets; nil unless it is a host with or without a port (RFC 9110 section 7.2).
    private static func host(of authority: String) -> String? {
        let text = authority.lowercased()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            return String(text.dropFirst()[..<end])
        }
        let end = text.firstIndex(of: ":") ?? text.endIndex
        let host = text[..<end]
        // The root's dot is not part of a name.
        let name = host.hasSuffix(".") ? host.dropLast() : host
        return isPort(text[end...]) && !name.isEmpty ? String(name) : nil
    }

    /// Nothing, or a colon and up to five digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard text.first == ":" else { return text.isEmpty }
        return text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) } && text.count <= 6
    }
}
