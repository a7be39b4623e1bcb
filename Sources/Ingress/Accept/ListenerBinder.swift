internal import Mail
internal import NIOCore
internal import NIOPosix
internal import TLS

/// Binds listening sockets, and gives each connection its session.
struct ListenerBinder {
    let group: any EventLoopGroup
    let loops: [NIOLoopBound<IngressLoop>]
    let total: ConnectionSlots
    let events: @Sendable (IngressEvent) -> Void

    /// - Throws: ``IngressError`` if its host is not an IP address.
    static func address(of socket: ListenerSocket) throws -> SocketAddress {
        guard let address = try? SocketAddress(ipAddress: socket.key.host, port: socket.key.port) else {
            throw IngressError(.badAddress, "listener: \"\(socket.key.host)\" is not an IP address")
        }
        return address
    }

    /// Binds a socket, which accepts nobody before it is opened.
    ///
    /// - Parameters:
    ///   - inherited: a socket that listens at this address already.
    ///   - others: sockets of ours that the address overlaps, and that will be closed.
    /// - Throws: ``IngressError``.
    func bind(
        _ socket: ListenerSocket, to address: SocketAddress, inherited: CInt?, besides others: [ListenerSocket]
    ) async throws {
        for other in others { await other.share(true) }
        do {
            let bootstrap = bootstrap(socket, at: address, isShared: !others.isEmpty)
            if let inherited {
                socket.bound(try await bootstrap.withBoundSocket(inherited).get(), isInherited: true)
            } else {
                socket.bound(try await bootstrap.bind(to: address).get())
            }
            if !others.isEmpty { await socket.share(false) }
        } catch {
            for other in others { await other.share(false) }
            throw IngressError(binding: IngressServer.text(of: address), error)
        }
    }

    private func bootstrap(
        _ socket: ListenerSocket, at address: SocketAddress, isShared: Bool
    ) -> ServerBootstrap {
        let (total, events) = (total, events)
        let loops = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(
                            limit: socket.listener.settings.maxConnections, total: total,
                            address: IngressServer.text(of: address), events: events))
                }
            }
            .serverChannelOption(.autoRead, value: false)
            // One at a time, so that the gate is consulted for each.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 8192, initial: 8192, maximum: 65536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                        preconditionFailure("a channel must run on a loop of the group")
                    }
                    try Self.addHandlers(to: channel, loop.value, socket.listener)
                }
            }
        if isShared { bootstrap = bootstrap.serverChannelOption(ListenerSocket.sharing, value: 1) }
        guard address.protocol == .inet6 else { return bootstrap }
        return bootstrap.serverChannelOption(
            ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
    }

    /// Adds the session, preceded by whatever must happen first.
    private static func addHandlers(to channel: any Channel, _ loop: IngressLoop, _ listener: Listener) throws {
        let session = SessionHandler(loop: loop, listener: listener)
        if let peer = channel.remoteAddress.flatMap(IPAddress.init), listener.isProxy(peer) {
            let proxy = ProxyHandler(
                session: session, timeout: listener.settings.proxyTimeout, events: loop.events)
            try channel.pipeline.syncOperations.addHandler(proxy)
        }
        if listener.settings.isTLSImplicit, let tls = listener.tls {
            try channel.pipeline.syncOperations.addHandler(TLSHandler(server: tls))
        }
        try channel.pipeline.syncOperations.addHandler(session)
    }
}
