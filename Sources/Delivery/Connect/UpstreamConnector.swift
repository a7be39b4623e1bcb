package import NIOCore
internal import NIOPosix

/// Connects to upstreams; tests have their own.
package protocol UpstreamConnector {
    /// Addresses of the upstream's host, in order of preference.
    ///
    /// A host name is resolved afresh for each connection.
    ///
    /// - Returns: a future that fails with the error of the resolver.
    func addresses(of upstream: UpstreamSettings, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]>

    /// Connects to one of the addresses, with the handler as the only one in the channel.
    ///
    /// - Returns: a future that fails with the error of the operating system.
    func connect(
        to address: SocketAddress, of upstream: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel>
}

/// TCP.
package struct SocketConnector: UpstreamConnector {
    package init() {}

    package func addresses(
        of upstream: UpstreamSettings, on eventLoop: any EventLoop
    ) -> EventLoopFuture<[SocketAddress]> {
        // An address needs no query.
        if let address = try? SocketAddress(ipAddress: upstream.host, port: upstream.port) {
            return eventLoop.makeSucceededFuture([address])
        }
        return HostLookup.shared.addresses(of: upstream.host, port: upstream.port, on: eventLoop)
    }

    package func connect(
        to address: SocketAddress, of upstream: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        return ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(timeout)
            // Nothing is read before the handler is there.
            .channelOption(.autoRead, value: false)
            .connect(to: address)
            .flatMapThrowing { channel in
                guard channel.isActive else { throw ChannelError.eof }
                try channel.pipeline.syncOperations.addHandler(bound.value)
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return channel
            }
    }
}
