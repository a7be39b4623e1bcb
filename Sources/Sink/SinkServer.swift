internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A test upstream: takes mail, counts it, and misbehaves as it was told.
///
/// Start it, learn where it listens, and wait for its end, which `stop()` or `SinkSettings.exitAfter` brings.
package final class SinkServer: Sendable {
    private let core: SinkCore
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel

    private init(core: SinkCore, group: MultiThreadedEventLoopGroup, listener: any Channel) {
        self.core = core
        self.group = group
        self.listener = listener
    }

    /// Begins to listen.
    ///
    /// - Throws: `SinkError` when a file cannot be opened, or when it cannot listen there.
    package static func start(_ settings: SinkSettings) async throws -> SinkServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        let end = group.next().makePromise(of: Void.self)
        do {
            let core = try SinkCore(settings) { end.succeed() }
            let listener = try await bind(bootstrap(core, group), settings)
            end.futureResult.whenSuccess { listener.close(promise: nil) }
            listener.closeFuture.whenComplete { _ in end.succeed() }
            return SinkServer(core: core, group: group, listener: listener)
        } catch {
            end.fail(error)
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Where the sink listens: `127.0.0.1:2526` or `[::1]:2526`.
    package var address: String {
        guard let address = listener.localAddress, let ip = address.ipAddress else { return "" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    package var port: Int { listener.localAddress?.port ?? 0 }

    package var totals: SinkTotals { core.totals }

    /// Stops listening; `waitForEnd()` goes on then.
    package func stop() {
        listener.close(promise: nil)
    }

    /// Waits until the sink has stopped listening, then drops all sessions and ends its threads.
    package func waitForEnd() async throws {
        try await listener.closeFuture.get()
        try await group.shutdownGracefully()
        core.close()
    }

    private static func bind(_ bootstrap: ServerBootstrap, _ settings: SinkSettings) async throws -> any Channel {
        do {
            return try await bootstrap.bind(host: settings.host, port: settings.port).get()
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw SinkError.listen(address: "\(settings.host):\(settings.port)", reason: reason)
        }
    }

    private static func bootstrap(_ core: SinkCore, _ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SinkHandler(core))
                }
            }
    }
}
