package import NIOCore
internal import NIOPosix

/// Connects to upstreams; tests have their own.
package protocol UpstreamConnector {
    /// Connects, with the handler as the only one in the channel.
    ///
    /// The host name is resolved afresh for each connection, and all its addresses are tried, IPv6 first, as in NIO:
    /// the next one is started while the previous one is still being tried.
    ///
    /// - Returns: a future that fails with the error of the operating system or the resolver.
    func connect(
        to upstream: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel>
}

/// TCP.
package struct SocketConnector: UpstreamConnector {
    package init() {}

    package func connect(
        to upstream: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .resolver(SharedResolver(HostLookup.shared, eventLoop))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(timeout)
            // Each address is tried on its own channel. The first to connect gets the session; nothing is read before
            // that.
            .channelOption(.autoRead, value: false)
        // An address needs no query.
        let address = try? SocketAddress(ipAddress: upstream.host, port: upstream.port)
        let connection =
            address.map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: upstream.host, port: upstream.port)
        return
            connection
            .flatMapThrowing { channel in
                guard channel.isActive else { throw ChannelError.eof }
                try channel.pipeline.syncOperations.addHandler(bound.value)
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return channel
            }
    }
}
