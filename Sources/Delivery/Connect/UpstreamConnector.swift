internal import Mail
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
        let all =
            (try? SocketAddress(ipAddress: upstream.host, port: upstream.port))
            .map { eventLoop.makeSucceededFuture([$0]) }
            ?? HostLookup.shared.addresses(of: upstream.host, port: upstream.port, on: eventLoop)
        guard let source = upstream.sourceAddress else { return all }
        return all.flatMapThrowing { try Self.reachable($0, from: source, of: upstream.host) }
    }

    /// Those of the same family.
    static func reachable(
        _ addresses: [SocketAddress], from source: IPAddress, of host: String
    ) throws(SourceAddressError) -> [SocketAddress] {
        let same = addresses.filter { $0.protocol == (source.isIPv4 ? .inet : .inet6) }
        guard !same.isEmpty || addresses.isEmpty else { throw .otherFamily(of: host, from: source) }
        return same
    }

    package func connect(
        to address: SocketAddress, of upstream: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        return bootstrap(from: upstream.sourceAddress, on: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(timeout)
            // Nothing is read before the handler is there.
            .channelOption(.autoRead, value: false)
            .connect(to: address)
            .flatMapErrorThrowing { error in
                // A missing address looks like a shortage of ports, for which mail would wait.
                if let source = upstream.sourceAddress, let missing = SourceAddressError(source) { throw missing }
                throw error
            }
            .flatMapThrowing { channel in
                guard channel.isActive else { throw ChannelError.eof }
                try channel.pipeline.syncOperations.addHandler(bound.value)
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return channel
            }
    }

    /// IP_BIND_ADDRESS_NO_PORT of Linux, for both families.
    private static let bindWithoutPort = NIOBSDSocket.Option(rawValue: 24)

    private func bootstrap(from source: IPAddress?, on eventLoop: any EventLoop) -> ClientBootstrap {
        let bootstrap = ClientBootstrap(group: eventLoop)
        guard let source, let address = try? SocketAddress(ipAddress: "\(source)", port: 0) else { return bootstrap }
        #if os(Linux)
        // The port is chosen at connect, so that each destination has all of them.
        return bootstrap.channelOption(.ipOption(Self.bindWithoutPort), value: 1).bind(to: address)
        #else
        return bootstrap.bind(to: address)
        #endif
    }
}
