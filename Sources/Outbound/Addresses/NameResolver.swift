package import Mail
package import NIOCore

/// Finds the addresses of a host; tests have their own.
package protocol NameResolver: Sendable {
    /// - Returns: a future with the addresses in order of preference; it fails with ``WebError`` `resolve`.
    func addresses(of host: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]>
}
