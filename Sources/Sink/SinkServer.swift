internal import NIOCore
internal import NIOPosix

/// A test upstream: takes mail, counts it, and misbehaves as it was told.
///
/// Start it, learn where it listens, and wait for its end, which `stop()` or `SinkSettings.exitAfter` brings.
package final class SinkServer: Sendable {
    private let core: SinkCore
    private let group: MultiThreadedEventLoopGroup
    private let listener: SinkListener
    private let end: EventLoopPromise<Void>

    private init(
        core: SinkCore, group: MultiThreadedEventLoopGroup, listener: SinkListener, end: EventLoopPromise<Void>
    ) {
        self.core = core
        self.group = group
        self.listener = listener
        self.end = end
    }

    /// Begins to listen.
    ///
    /// - Throws: `SinkError` when a file cannot be opened, or when it cannot listen there.
    package static func start(_ settings: SinkSettings) async throws -> SinkServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        let end = group.next().makePromise(of: Void.self)
        do {
            let core = try SinkCore(settings) { end.succeed() }
            let listener = try await SinkListener.start(core, group)
            end.futureResult.whenSuccess { listener.end() }
            return SinkServer(core: core, group: group, listener: listener, end: end)
        } catch {
            end.fail(error)
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Where the sink listens: `127.0.0.1:2526` or `[::1]:2526`.
    package var address: String {
        guard let ip = listener.address.ipAddress else { return "" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    package var port: Int { listener.address.port ?? 0 }

    package var totals: SinkTotals { core.totals }

    /// Whether the faults happen. When they are turned on, all begins as if the sink had just been started, but for the
    /// number of messages; sessions that hang go on hanging when they are turned off.
    package var faultsAreOn: Bool { core.faultsAreOn }

    /// Turns the faults on or off; what listens follows at once, but for the time that a socket takes to open.
    package func turnFaults(on: Bool) {
        core.turnFaults(on: on)
        listener.update()
    }

    /// Stops listening; `waitForEnd()` goes on then.
    package func stop() {
        end.succeed()
    }

    /// Waits until the sink has stopped listening, then drops all sessions and ends its threads.
    package func waitForEnd() async throws {
        try await end.futureResult.get()
        try await group.shutdownGracefully()
        core.close()
    }
}
