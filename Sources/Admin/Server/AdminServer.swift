internal import Access
package import Delivery
package import Dialogue
package import Ingress
package import History
import Hummingbird
package import Logging
package import Mail
internal import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
package import Telemetry

/// The admin interface of a running relay: HTTP with JSON on a Unix domain socket that only its owner may use, and the
/// members of a group; and over TCP for holders of tokens.
///
/// It has an event loop of its own, so that listing a long queue does not slow down the mail, and TCP has another, so that
/// strangers do not slow down the operator.
package struct AdminServer: Service {
    /// Data sources for the answers.
    package struct Sources: Sendable {
        package var queue: any QueueSource
        package var upstreams: @Sendable () async -> [UpstreamStatus]
        /// All routes, in the order of relay.conf.
        package var routes: @Sendable () -> [RouteDocument]
        /// How the paces of recipient domains stand.
        package var paces: @Sendable () async -> PaceReport
        /// Details of one upstream; nil for an unknown name.
        package var detail: @Sendable (String) async -> UpstreamDetail?
        /// Carries out an order; nil for an unknown upstream.
        package var control: @Sendable (String, UpstreamControl) async -> UpstreamDetail?
        /// Corrects what a quota of an upstream has counted.
        package typealias QuotaOrder = @Sendable (String, QuotaCorrection) async -> QuotaCorrectionResult

        /// nil where there are no quotas.
        package var correctQuota: QuotaOrder?
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
        /// What has left.
        package struct History: Sendable {
            package var source: any HistorySource
            /// Takes an address out, or counts it if that is a rehearsal; how many recipients have had it.
            package var erase: @Sendable (String, Bool) async throws -> Int
            /// The keyed hash of an address.
            package var hashed: @Sendable (String) -> String

            package init(
                source: any HistorySource, erase: @escaping @Sendable (String, Bool) async throws -> Int,
                hashed: @escaping @Sendable (String) -> String
            ) {
                self.source = source
                self.erase = erase
                self.hashed = hashed
            }
        }

        /// nil where nothing is kept.
        package var history: History?
        /// The suppression list; nil where there is none.
        package var suppressions: SuppressionDesk?
        /// Webhooks and their outbox; nil where there is none.
        package var webhooks: WebhookDesk?
        /// Streams; nil where there are none.
        package var streams: StreamDesk?
        /// Alerts; nil where there are none.
        package var alerts: AlertDesk?
        /// Round trips; nil where there are none.
        package var roundTrips: RoundTripDesk?
        /// Guarded users; nil where there are none.
        package var users: GuardDesk?
        /// Reads relay.conf again; nil where there is none.
        package typealias Reload = @Sendable (ReloadOrder) async throws -> ReloadDocument

        package var reload: Reload?
        /// Receives what operators have ordered; must not block.
        package var report: @Sendable (AdminEvent) -> Void
        package var health: @Sendable () async -> HealthDocument
        /// Whether mail is taken.
        package var readiness: @Sendable () async -> ReadinessDocument
        /// The last events; nil where there are none.
        package var events: EventFeed?
        /// Takes mail; nil where none is taken.
        package var ingress: IngressServer?
        /// Shows conversations live; nil where none are shown.
        package var traces: TraceHub?
        package var metrics: RelayMetrics
        package var now: @Sendable () -> Timestamp

        package init(
            queue: any QueueSource, upstreams: @escaping @Sendable () async -> [UpstreamStatus],
            routes: @escaping @Sendable () -> [RouteDocument] = { [] },
            paces: @escaping @Sendable () async -> PaceReport = { PaceReport() },
            detail: @escaping @Sendable (String) async -> UpstreamDetail?,
            control: @escaping @Sendable (String, UpstreamControl) async -> UpstreamDetail?,
            correctQuota: QuotaOrder? = nil,
            resolve: @escaping @Sendable (QueueID, [Address]?, InDoubtResolution) async -> InDoubtResolutionResult,
            order: Order? = nil,
            intake: MessageIntake? = nil, history: History? = nil, suppressions: SuppressionDesk? = nil,
            webhooks: WebhookDesk? = nil, streams: StreamDesk? = nil, alerts: AlertDesk? = nil,
            roundTrips: RoundTripDesk? = nil, users: GuardDesk? = nil,
            reload: Reload? = nil,
            book: OrderBook = .none,
            report: @escaping @Sendable (AdminEvent) -> Void = { _ in },
            health: @escaping @Sendable () async -> HealthDocument,
            readiness: @escaping @Sendable () async -> ReadinessDocument = { ReadinessDocument([]) },
            events: EventFeed? = nil, ingress: IngressServer? = nil, traces: TraceHub? = nil, metrics: RelayMetrics,
            now: @escaping @Sendable () -> Timestamp
        ) {
            self.queue = queue
            self.upstreams = upstreams
            self.routes = routes
            self.paces = paces
            self.detail = detail
            self.control = control
            self.correctQuota = correctQuota
            self.resolve = resolve
            self.order = order
            self.report = report
            self.book = book
            self.intake = intake
            self.history = history
            self.suppressions = suppressions
            self.webhooks = webhooks
            self.streams = streams
            self.alerts = alerts
            self.roundTrips = roundTrips
            self.users = users
            self.reload = reload
            self.health = health
            self.readiness = readiness
            self.events = events
            self.ingress = ingress
            self.traces = traces
            self.metrics = metrics
            self.now = now
        }
    }

    /// Never shut down: the task of a connection may outlive `run`.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let httpGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// How often the certificate is looked at; that is a few calls of `stat`.
    private static let certificateInterval = Duration.seconds(5)

    private let socketPath: String
    private let socketGroup: String?
    private let http: HTTPEndpoint?
    private let sources: Sources
    private let readers: EventReaders?
    private let logger: Logger
    private let onListening: @Sendable () -> Void

    /// - Parameters:
    ///   - socketPath: at most 107 octets; its directory must exist.
    ///   - socketGroup: the group whose members may use it too.
    ///   - http: the same over TCP; nil for the socket only.
    ///   - mostReaders: of events at a time.
    ///   - onListening: called once, when clients can connect everywhere.
    package init(
        socketPath: String, socketGroup: String? = nil, http: HTTPEndpoint? = nil, sources: Sources,
        mostReaders: Int = 1024, logger: Logger, onListening: @escaping @Sendable () -> Void = {}
    ) {
        self.socketPath = socketPath
        self.socketGroup = socketGroup
        self.http = http
        self.sources = sources
        readers = sources.events.map {
            EventReaders($0, limit: mostReaders, loop: Self.group.any(), metrics: sources.metrics.store)
        }
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the graceful shutdown, and then until the last request is answered.
    ///
    /// - Throws: ``AdminError`` if the socket cannot be created, or an address not opened.
    package func run() async throws {
        let socket = try AdminSocket(path: socketPath, group: socketGroup)
        let isPublished = Atomic(false)
        defer { socket.remove(published: isPublished.load(ordering: .acquiring)) }
        let rest = OpeningCount((http?.addresses.count ?? 0) + 1, onListening)
        let sessions = http?.control.sessions ?? SessionDirectory()
        let routes = AdminRoutes(sources: sources, sessions: sessions, readers: readers).list.routes
        let door = HTTPDoor.socket(path: socket.bindPath) {
            try socket.publish()
            isPublished.store(true, ordering: .releasing)
            rest.opened()
        }
        let local = server(door, routes.router(behind: RequestGate(control: nil)).buildResponder())
        try await endingReaders { [tcp = servers(routes, rest)] in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await local.run(on: Self.group) }
                for server in tcp { tasks.addTask { try await server.run(on: Self.httpGroup) } }
                let watching = Task { [http] in await Self.watchCertificate(http) }
                defer { watching.cancel() }
                try await tasks.waitForAll()
            }
        }
    }

    /// Lets the readers of events and traces go when the end begins: their answers have none of their own.
    private func endingReaders(_ body: () async throws -> Void) async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await body()
            } onGracefulShutdown: {
                endReaders()
            }
        } onCancel: {
            endReaders()
        }
    }

    private func endReaders() {
        readers?.stop()
        sources.traces?.stop()
    }

    private func servers(_ routes: [RouteList.Route], _ rest: OpeningCount) -> [HTTPServer] {
        guard let http else { return [] }
        let gate = RequestGate(control: http.control, isEncrypted: http.tls != nil)
        let responder = routes.router(behind: gate).buildResponder()
        return http.addresses.map { server(.tcp($0, http, opened: rest.opened), responder) }
    }

    private func server(_ door: HTTPDoor, _ responder: RouterResponder<AdminContext>) -> HTTPServer {
        HTTPServer(door: door, responder: responder, logger: logger, now: sources.now)
    }

    private static func watchCertificate(_ http: HTTPEndpoint?) async {
        guard let http, http.tls != nil else { return }
        while (try? await Task.sleep(for: certificateInterval)) != nil { http.reloadCertificate(always: false) }
    }
}

/// Calls back when the last of several places is open.
private final class OpeningCount: Sendable {
    private let rest: Mutex<Int>
    private let onOpen: @Sendable () -> Void

    init(_ count: Int, _ onOpen: @escaping @Sendable () -> Void) {
        rest = Mutex(count)
        self.onOpen = onOpen
    }

    func opened() {
        let isLast = rest.withLock { rest in
            rest -= 1
            return rest == 0
        }
        if isLast { onOpen() }
    }
}
