package import Mail
package import NIOCore
internal import NIOPosix
package import Spool
internal import Synchronization
internal import TLS

/// Mail in: the listeners, and the sessions on them, over a group of event loops.
package final class IngressServer: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var loops: [NIOLoopBound<IngressLoop>] = []
    }

    private let settings: IngressSettings
    private let spool: any MessageSpool
    private let group: any EventLoopGroup
    private let now: @Sendable () -> Timestamp
    private let events: @Sendable (IngressEvent) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - group: the loops that sessions are spread over; shut down by whoever made it, after ``stop(grace:)``.
    ///   - now: the wall clock.
    ///   - events: called on the event loops, for every message: it must not block.
    package init(
        settings: IngressSettings, spool: any MessageSpool, group: any EventLoopGroup,
        now: @escaping @Sendable () -> Timestamp, events: @escaping @Sendable (IngressEvent) -> Void
    ) {
        self.settings = settings
        self.spool = spool
        self.group = group
        self.now = now
        self.events = events
    }

    /// Opens all listeners, or none.
    ///
    /// - Returns: the addresses, in the order of the settings; ports of 0 are replaced by those the system chose.
    /// - Throws: ``IngressError``.
    package func start() async throws -> [SocketAddress] {
        let listeners = try settings.listeners.map { try Listener($0, hostname: settings.hostname) }
        let loops = try await makeLoops()
        state.withLock { $0.loops = Array(loops.values) }
        do {
            for listener in listeners {
                let channel = try await bind(listener, loops)
                state.withLock { $0.channels.append(channel) }
            }
        } catch {
            await closeListeners()
            throw error
        }
        let addresses = state.withLock { $0.channels.compactMap(\.localAddress) }
        for address in addresses { events(.listening(address: Self.text(of: address))) }
        return addresses
    }

    /// Stops accepting connections, ends idle sessions, lets open transactions end, and after the grace time ends them
    /// too (421). Returns when no session is left. The spool is to be closed before the loops are shut down, since it
    /// may still answer on them.
    package func stop(grace: Duration) async {
        await closeListeners()
        let loops = state.withLock { $0.loops }
        let deadline = NIODeadline.now() + TimeAmount(grace)
        let ends = loops.map { loop in loop.eventLoop.flatSubmit { loop.value.stop(by: deadline) } }
        for end in ends { try? await end.get() }
    }

    private func closeListeners() async {
        let channels = state.withLock { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { try? await channel.close() }
    }

    private func makeLoops() async throws -> [ObjectIdentifier: NIOLoopBound<IngressLoop>] {
        var loops: [ObjectIdentifier: NIOLoopBound<IngressLoop>] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = try await eventLoop.submit { [spool, now, events] in
                let loop = IngressLoop(eventLoop: eventLoop, spool: spool, now: now, events: events)
                return NIOLoopBound(loop, eventLoop: eventLoop)
            }.get()
        }
        return loops
    }

    private func bind(
        _ listener: Listener, _ loops: [ObjectIdentifier: NIOLoopBound<IngressLoop>]
    ) async throws -> any Channel {
        let host = listener.settings.host
        guard let address = try? SocketAddress(ipAddress: host, port: listener.settings.port) else {
            throw IngressError(.badAddress, "listener: \"\(host)\" is no IP address")
        }
        do {
            return try await bootstrap(listener, loops, isIPv6: address.protocol == .inet6).bind(to: address).get()
        } catch {
            throw IngressError(binding: Self.text(of: address), error)
        }
    }

    private func bootstrap(
        _ listener: Listener, _ loops: [ObjectIdentifier: NIOLoopBound<IngressLoop>], isIPv6: Bool
    ) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: group)
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
                        preconditionFailure("a channel's loop is one of the group's")
                    }
                    let pipeline = channel.pipeline.syncOperations
                    if listener.settings.isTLSImplicit, let tls = listener.tls {
                        try pipeline.addHandler(TLSHandler(server: tls))
                    }
                    try pipeline.addHandler(SessionHandler(loop: loop.value, listener: listener))
                }
            }
        guard isIPv6 else { return bootstrap }
        return bootstrap.serverChannelOption(
            ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
    }

    private static func text(of address: SocketAddress) -> String {
        let host = address.ipAddress ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }
}
