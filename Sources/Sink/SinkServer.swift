internal import NIOCore
internal import NIOPosix

/// A test upstream: accepts mail, counts it, and misbehaves as configured.
///
/// Start it, ask for its address, and wait for its end, caused by `stop()` or `SinkSettings.exitAfter`.
package final class SinkServer: Sendable {
    private let core: SinkCore
    private let group: MultiThreadedEventLoopGroup
    private let listener: SinkListener
    private let mailboxes: SocketAddress?
    private let end: EventLoopPromise<Void>

    private init(
        core: SinkCore, group: MultiThreadedEventLoopGroup, listener: SinkListener, mailboxes: SocketAddress?,
        end: EventLoopPromise<Void>
    ) {
        self.core = core
        self.group = group
        self.listener = listener
        self.mailboxes = mailboxes
        self.end = end
    }

    /// Starts listening.
    ///
    /// - Throws: `SinkError` if a file cannot be opened, or if it cannot listen there.
    package static func start(_ settings: SinkSettings) async throws -> SinkServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        let end = group.next().makePromise(of: Void.self)
        do {
            let delivery = try await SinkDelivery.start(settings, group)
            let core = try SinkCore(settings, delivery: delivery) { end.succeed() }
            let listener = try await SinkListener.start(core, group)
            end.futureResult.whenSuccess { listener.end() }
            return SinkServer(core: core, group: group, listener: listener, mailboxes: delivery?.address, end: end)
        } catch {
            end.fail(error)
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Address of the sink: `127.0.0.1:2526` or `[::1]:2526`.
    package var address: String { Self.text(listener.address) }

    /// Where its mailboxes are read; nil if it has none.
    package var mailboxAddress: String? { mailboxes.map(Self.text) }

    private static func text(_ address: SocketAddress) -> String {
        guard let ip = address.ipAddress, let port = address.port else { return "" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    package var port: Int { listener.address.port ?? 0 }

    package var totals: SinkTotals { core.totals }

    /// Whether faults are on. When turned on, everything starts over as if the sink had just started, except the number
    /// of messages; hanging sessions keep hanging when faults are turned off.
    package var faultsAreOn: Bool { core.faultsAreOn }

    /// Turns faults on or off; the listening socket follows at once, apart from the time it takes to open.
    package func turnFaults(on: Bool) {
        core.turnFaults(on: on)
        listener.update()
    }

    /// Stops listening; `waitForEnd()` then continues.
    package func stop() {
        end.succeed()
    }

    /// Waits until the sink has stopped listening, then drops all sessions and stops its threads.
    package func waitForEnd() async throws {
        try await end.futureResult.get()
        core.endDelivery()
        try await group.shutdownGracefully()
        core.close()
    }
}
