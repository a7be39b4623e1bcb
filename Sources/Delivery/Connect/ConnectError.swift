internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Describes in one line why a connection failed.
enum ConnectError {
    static func sentence(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            sentence(for: error)
        case let error as IOError:
            String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout(let amount):
            "no connection within \(amount.nanoseconds / 1_000_000) ms"
        default:
            "\(error)"
        }
    }

    /// Each address that was tried, or why the name has none.
    private static func sentence(for error: NIOConnectionError) -> String {
        let attempts = error.connectionErrors.map { "\(text(of: $0.target)): \(sentence(for: $0.error))" }
        guard attempts.isEmpty else { return attempts.joined(separator: "; ") }
        guard error.dnsAError != nil || error.dnsAAAAError != nil else { return "\(error.host): no address answers" }
        return "\(error.host): the name cannot be resolved"
    }

    private static func text(of address: SocketAddress) -> String {
        let host = address.ipAddress ?? "?"
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }
}
