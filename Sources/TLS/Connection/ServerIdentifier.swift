internal import NIOCore

/// The server a client wants to reach: a host name or an IP address.
enum ServerIdentifier: Hashable {
    case host(String)
    case address(String)

    /// Accepts a name with or without the final dot, and an address with or without brackets.
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
