/// Where a relay is asked.
package enum RelayAddress: Sendable {
    /// The path of its admin socket.
    case socket(String)
    case server(ServerAddress)

    /// For people: the path, or the URL.
    package var text: String {
        switch self {
        case .socket(let path): path
        case .server(let server): server.url
        }
    }
}
