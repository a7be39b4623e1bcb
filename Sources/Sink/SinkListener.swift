internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The listening socket of a sink, which faults close for a while, and the sessions that they reset.
final class SinkListener: Sendable {
    /// - `open`: listening. Next: `closed` when a fault begins, `ended`.
    /// - `opening`: will listen soon. Next: `open`; `closed` if the address is not available just now.
    /// - `closed`: a fault is active. Next: `opening` when it is over.
    /// - `ended`: permanently.
    private enum State {
        case open(any Channel)
        case opening
        case closed
        case ended
    }

    private struct Shared {
        var state: State
        var timer: Scheduled<Void>?
    }

    /// Interval for retrying if the address is not available after a fault.
    private static let pause = Duration.milliseconds(10)

    let address: SocketAddress
    private let core: SinkCore
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let sessions: SinkSessions
    private let shared: Mutex<Shared>

    private init(
        _ channel: any Channel, _ address: SocketAddress, _ core: SinkCore, _ group: MultiThreadedEventLoopGroup,
        _ sessions: SinkSessions
    ) {
        (self.address, self.core, self.group, self.sessions) = (address, core, group, sessions)
        loop = channel.eventLoop
        shared = Mutex(Shared(state: .open(channel)))
    }

    /// Starts listening.
    ///
    /// - Throws: `SinkError` if it cannot listen there.
    static func start(_ core: SinkCore, _ group: MultiThreadedEventLoopGroup) async throws -> SinkListener {
        let (host, port) = (core.settings.host, core.settings.port)
        let sessions = SinkSessions()
        do {
            let channel = try await bootstrap(core, group, sessions).bind(host: host, port: port).get()
            let address = try channel.localAddress ?? SocketAddress(ipAddress: host, port: port)
            let listener = SinkListener(channel, address, core, group, sessions)
            listener.update()
            return listener
        } catch {
            throw SinkError(listening: host, port, error)
        }
    }

    /// Applies the faults as of now, and schedules itself for their next change.
    func update() {
        guard core.hasFaultsOfListener else { return }
        let now = core.now()
        let step = core.listenerStep(now)
        if step.resetsSessions { sessions.reset() }
        if step.isOpen { open() } else { closeForNow() }
        if let next = step.next { schedule(in: next - now) }
    }

    /// Closes the socket permanently.
    func end() {
        let state = shared.withLock { shared in
            shared.timer?.cancel()
            defer { shared.state = .ended }
            return shared.state
        }
        if case .open(let channel) = state { channel.close(promise: nil) }
    }

    private func closeForNow() {
        let channel = shared.withLock { shared -> (any Channel)? in
            switch shared.state {
            case .open(let channel):
                shared.state = .closed
                return channel
            case .opening, .closed, .ended: return nil
            }
        }
        channel?.close(promise: nil)
    }

    private func open() {
        let isClosed = shared.withLock { shared in
            switch shared.state {
            case .closed:
                shared.state = .opening
                return true
            case .open, .opening, .ended: return false
            }
        }
        guard isClosed else { return }
        Self.bootstrap(core, group, sessions).bind(to: address).whenComplete { self.opened($0) }
    }

    private func opened(_ result: Result<any Channel, any Error>) {
        guard let channel = try? result.get() else {
            shared.withLock { shared in
                if case .opening = shared.state { shared.state = .closed }
            }
            return schedule(in: Self.pause)
        }
        let isWanted = shared.withLock { shared in
            guard case .opening = shared.state else { return false }
            shared.state = .open(channel)
            return true
        }
        // By now it may be time to close it again.
        if isWanted { update() } else { channel.close(promise: nil) }
    }

    private func schedule(in time: Duration) {
        let timer = loop.scheduleTask(in: TimeAmount(max(time, .zero))) { self.update() }
        let old = shared.withLock { shared in
            defer { shared.timer = timer }
            return shared.timer
        }
        old?.cancel()
    }

    private static func bootstrap(
        _ core: SinkCore, _ group: MultiThreadedEventLoopGroup, _ sessions: SinkSessions
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                if core.hasFaultsOfListener { sessions.add(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SinkHandler(core))
                }
            }
    }
}
