package import Mail
package import NIOCore
internal import NIOPosix
package import Spool
internal import Synchronization
internal import TLS

/// Incoming mail: the listeners and their sessions, over a group of event loops.
package final class IngressServer: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var loops: [NIOLoopBound<IngressLoop>] = []
        var inherited: InheritedSockets
        var listeners: [Listener] = []
        var logins: LoginService?
    }

    private let settings: IngressSettings
    private let spool: any MessageSpool
    private let group: any EventLoopGroup
    private let now: @Sendable () -> Timestamp
    private let steady: (@Sendable () -> Timestamp)?
    private let events: @Sendable (IngressEvent) -> Void
    private let total: ConnectionSlots
    /// The users who may log in; its owner keeps it up to date.
    package let directory: UserDirectory
    private let state: Mutex<State>

    /// - Parameters:
    ///   - group: the loops that sessions are spread over; its creator must shut it down, after ``stop(grace:)``.
    ///   - now: the system's clock.
    ///   - steady: the clock that nobody can set; `now` if nil.
    ///   - inherited: existing listening sockets; used by listeners with a matching address.
    ///   - events: called on the event loops, for every message: it must not block.
    package init(
        settings: IngressSettings, spool: any MessageSpool, group: any EventLoopGroup,
        inherited: InheritedSockets = InheritedSockets(), now: @escaping @Sendable () -> Timestamp,
        steady: (@Sendable () -> Timestamp)? = nil,
        events: @escaping @Sendable (IngressEvent) -> Void
    ) {
        self.settings = settings
        self.spool = spool
        self.group = group
        self.now = now
        self.steady = steady
        self.events = events
        directory = UserDirectory(settings.users + settings.usersOfFile)
        total = ConnectionSlots(limit: settings.limits.totalConnections)
        state = Mutex(State(inherited: inherited))
    }

    /// Opens all listeners, or none.
    ///
    /// - Returns: the addresses, in the order of the settings; a port of 0 is replaced by the one the system chose.
    /// - Throws: ``IngressError``.
    package func start() async throws -> [SocketAddress] {
        let quotas = try IngressLimits(settings.limits)
        let logins = try makeLogins()
        let captured = FieldNames(settings.capturedHeaders)
        let listeners = try settings.listeners.map {
            try Listener($0, hostname: settings.hostname, quotas: quotas, logins: logins, capturing: captured)
        }
        state.withLock { ($0.listeners, $0.logins) = (listeners, logins) }
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
        for (name, reason) in state.withLock({ $0.inherited.closeRest() }) {
            events(.socketIgnored(name: name, reason: reason))
        }
        for address in addresses { events(.listening(address: Self.text(of: address))) }
        return addresses
    }

    /// Stops accepting connections, ends idle sessions, lets open transactions finish, and ends the rest after the
    /// grace period (421). Returns when no session is left. Close the spool before shutting down the loops, because it
    /// may still answer on them.
    package func stop(grace: Duration) async {
        await closeListeners()
        let loops = state.withLock { $0.loops }
        let deadline = NIODeadline.now() + TimeAmount(grace)
        let ends = loops.map { loop in loop.eventLoop.flatSubmit { loop.value.stop(by: deadline) } }
        for end in ends { try? await end.get() }
        await state.withLock { $0.logins }?.stop()
    }

    private func makeLogins() throws -> LoginService? {
        guard settings.listeners.contains(where: { $0.auth != .off }) else { return nil }
        return try LoginService(directory: directory, settings: settings.login)
    }

    /// Reloads the certificates of all listeners; existing sessions keep theirs.
    ///
    /// - Parameter always: whether to reload files that appear unchanged too.
    package func reloadCertificates(always: Bool) {
        for listener in state.withLock({ $0.listeners }) {
            guard let tls = listener.tls else { continue }
            let what = "certificates of \(listener.settings.host):\(listener.settings.port)"
            do throws(TLSError) {
                if always { try tls.reload() } else if try !tls.reloadIfChanged() { continue }
                events(.reloaded(what: what))
            } catch {
                events(.reloadFailed(what: what, reason: "\(error)"))
            }
        }
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
            loops[ObjectIdentifier(eventLoop)] = try await eventLoop.submit { [spool, now, steady, events] in
                let loop = IngressLoop(eventLoop: eventLoop, spool: spool, now: now, steady: steady, events: events)
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
            throw IngressError(.badAddress, "listener: \"\(host)\" is not an IP address")
        }
        do {
            let bootstrap = bootstrap(listener, loops, at: address)
            guard let socket = state.withLock({ $0.inherited.take(address) }) else {
                return try await bootstrap.bind(to: address).get()
            }
            return try await bootstrap.withBoundSocket(socket).get()
        } catch {
            throw IngressError(binding: Self.text(of: address), error)
        }
    }

    private func bootstrap(
        _ listener: Listener, _ loops: [ObjectIdentifier: NIOLoopBound<IngressLoop>], at address: SocketAddress
    ) -> ServerBootstrap {
        let (total, events) = (total, events)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(
                            limit: listener.settings.maxConnections, total: total, address: Self.text(of: address),
                            events: events))
                }
            }
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
                    try Self.addHandlers(to: channel, loop.value, listener)
                }
            }
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

    static func text(of address: SocketAddress) -> String {
        let host = address.ipAddress ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }
}
