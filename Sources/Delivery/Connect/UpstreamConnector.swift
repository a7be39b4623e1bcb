package import NIOCore
internal import NIOPosix

/// Makes connections to upstreams; tests have one of their own.
package protocol UpstreamConnector {
    /// Connects, with the handler as the only one in the channel.
    ///
    /// A host name is resolved anew for each connection, and all its addresses are tried, IPv6 first, as NIO
    /// does it: the next one is begun while the one before is still tried.
    ///
    /// - Returns: a future that fails with what the operating system or the resolver said.
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
            // Several addresses are tried, each with a channel of its own; the session gets the one that is left, and
            // nothing is read before.
            .channelOption(.autoRead, value: false)
        // What is an address already needs no question.
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
