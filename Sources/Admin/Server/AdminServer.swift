package import Delivery
import Hummingbird
package import Logging
package import Mail
internal import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
package import Telemetry

/// The admin interface of a running relay: HTTP with JSON on a Unix domain socket that only its owner may use, and the
/// members of a group.
///
/// It has an event loop of its own, so that listing a long queue does not slow down the mail.
package struct AdminServer: Service {
    /// Data sources for the answers.
    package struct Sources: Sendable {
        package var queue: any QueueSource
        package var upstreams: @Sendable () async -> [UpstreamStatus]
        /// Details of one upstream; nil for an unknown name.
        package var detail: @Sendable (String) async -> UpstreamDetail?
        /// Carries out an order; nil for an unknown upstream.
        package var control: @Sendable (String, UpstreamControl) async -> UpstreamDetail?
        /// Resolves doubts of a message, for these recipients or for all.
        package var resolve: @Sendable (QueueID, [Address]?, InDoubtResolution) async -> InDoubtResolutionResult
        /// Carries out an order about messages, waiting at most that long for attempts; a result for each, in their order.
        package typealias Order = @Sendable (QueueOrder, [QueueID], Duration) async -> [QueueOrderResult]

        /// nil where no orders about messages are taken.
        package var order: Order?
        /// Takes exported files; nil where none are taken.
        package var intake: MessageIntake?
        /// Records orders before they are carried out.
        package var book: OrderBook
        /// Receives what operators have ordered; must not block.
        package var report: @Sendable (AdminEvent) -> Void
        package var health: @Sendable () async -> HealthDocument
        package var metrics: RelayMetrics
        package var now: @Sendable () -> Timestamp

        package init(
            queue: any QueueSource, upstreams: @escaping @Sendable () async -> [UpstreamStatus],
            detail: @escaping @Sendable (String) async -> UpstreamDetail?,
            control: @escaping @Sendable (String, UpstreamControl) async -> UpstreamDetail?,
            resolve: @escaping @Sendable (QueueID, [Address]?, InDoubtResolution) async -> InDoubtResolutionResult,
            order: Order? = nil,
            intake: MessageIntake? = nil, book: OrderBook = .none,
            report: @escaping @Sendable (AdminEvent) -> Void = { _ in },
            health: @escaping @Sendable () async -> HealthDocument, metrics: RelayMetrics,
            now: @escaping @Sendable () -> Timestamp
        ) {
            self.queue = queue
            self.upstreams = upstreams
            self.detail = detail
            self.control = control
            self.resolve = resolve
            self.order = order
            self.report = report
            self.book = book
            self.intake = intake
            self.health = health
            self.metrics = metrics
            self.now = now
        }
    }

    /// Never shut down: Hummingbird releases its socket in a task that may outlive `run`.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let socketPath: String
    private let socketGroup: String?
    private let sources: Sources
    private let logger: Logger
    private let onListening: @Sendable () -> Void

    /// - Parameters:
    ///   - socketPath: at most 107 octets; its directory must exist.
    ///   - socketGroup: the group whose members may use it too.
    ///   - onListening: called once, when clients can connect.
    package init(
        socketPath: String, socketGroup: String? = nil, sources: Sources, logger: Logger,
        onListening: @escaping @Sendable () -> Void = {}
    ) {
        self.socketPath = socketPath
        self.socketGroup = socketGroup
        self.sources = sources
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the graceful shutdown; throws ``AdminError`` if the socket cannot be created.
    package func run() async throws {
        let socket = try AdminSocket(path: socketPath, group: socketGroup)
        let outcome = PublishOutcome()
        let result: Result<Void, any Error>
        do {
            try await serve(socket, outcome)
            result = .success(())
        } catch {
            // A client did not read its answer within the shutdown time, or the server had barely started: at this
            // point the admin interface no longer matters to mail.
            let isTheEnd = Task.isShuttingDownGracefully
            if isTheEnd { logger.notice("the admin socket ended with an error: \(error)") }
            result = isTheEnd ? .success(()) : .failure(error)
        }
        socket.remove(published: outcome.isPublished)
        // A server that is told to stop while it starts may be gone before its socket is put in place.
        if let error = outcome.error, !Task.isShuttingDownGracefully { throw error }
        try result.get()
    }

    /// Runs the server in a separate task, so that the order to stop is known before it reaches the server.
    private func serve(_ socket: AdminSocket, _ outcome: PublishOutcome) async throws {
        let stop = StopOrder()
        let application = application(socket, outcome, stop)
        let running = Task { try await application.run() }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await running.value
            } onGracefulShutdown: {
                stop.give()
            }
        } onCancel: {
            stop.give()
            running.cancel()
        }
    }

    private func application(
        _ socket: AdminSocket, _ outcome: PublishOutcome, _ stop: StopOrder
    ) -> some ApplicationProtocol {
        var serverLogger = logger
        serverLogger.handler = StoppingLogHandler(logger.handler, stop: stop)
        return Application(
            router: AdminRoutes(sources: sources).router,
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket.bindPath)),
            onServerRunning: { channel in
                guard outcome.publish(socket) else {
                    channel.close(promise: nil)
                    return
                }
                onListening()
            },
            eventLoopGroupProvider: .shared(Self.group),
            logger: serverLogger)
    }
}

/// Whether the socket was published; set by the server's start, read at its end.
private final class PublishOutcome: Sendable {
    private let state = Mutex<(isPublished: Bool, error: AdminError?)>((false, nil))

    var isPublished: Bool { state.withLock { $0.isPublished } }
    var error: AdminError? { state.withLock { $0.error } }

    func publish(_ socket: AdminSocket) -> Bool {
        do throws(AdminError) {
            try socket.publish()
            state.withLock { $0.isPublished = true }
            return true
        } catch {
            state.withLock { $0.error = error }
            return false
        }
    }
}
