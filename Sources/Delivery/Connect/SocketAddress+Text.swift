internal import NIOCore

extension SocketAddress {
    /// `192.0.2.1:25`, or `[2001:db8::1]:25`.
    var hostAndPort: String {
        let host = ipAddress ?? "?"
        return (host.contains(":") ? "[\(host)]" : host) + ":\(port ?? 0)"
    }
}
