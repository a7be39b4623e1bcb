internal import Mail

/// Where a request goes: an `http` or `https` URL (RFC 3986) without user information and without a fragment.
///
/// Its path may be a secret (chat services issue such URLs), so its description leaves the path out.
package struct WebURL: Sendable, Hashable {
    package enum Scheme: String, Sendable, CaseIterable {
        case http, https

        /// Used where the URL names none (RFC 9110 section 4.2).
        package var defaultPort: Int {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    package let scheme: Scheme
    /// A name in lower case, or an address; an IPv6 address without brackets.
    package let host: String
    package let port: Int
    /// Begins with a slash; visible ASCII only.
    package let pathAndQuery: String

    package init(scheme: Scheme, host: String, port: Int? = nil, pathAndQuery: String = "/") {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
        self.pathAndQuery = pathAndQuery
    }

    /// Nil for a text that ``init(parsing:)`` refuses.
    package init?(_ text: String) {
        guard let url = try? WebURL(parsing: text) else { return nil }
        self = url
    }

    /// Value of the `Host` field: the host, and the port unless it is the scheme's own.
    package var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// The whole URL; not for logs.
    package var text: String { "\(scheme.rawValue)://\(authority)\(pathAndQuery)" }
}

extension WebURL: CustomStringConvertible {
    /// Without the path: `https://hooks.example.com`.
    package var description: String { "\(scheme.rawValue)://\(authority)" }
}
