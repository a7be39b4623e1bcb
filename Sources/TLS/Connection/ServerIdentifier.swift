internal import NIOCore

/// Whom a client wants to reach: a host by name, or an IP address.
enum ServerIdentifier: Hashable {
    case host(String)
    case address(String)

    /// Takes a name with or without the last dot, and an address with or without brackets.
    init(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if (try? SocketAddress(ipAddress: bare, port: 0)) != nil {
            self = .address(bare)
        } else {
            self = .host(text.hasSuffix(".") ? String(text.dropLast()) : text)
        }
    }

    var text: String {
        switch self {
        case .host(let text), .address(let text): text
        }
    }
}
