internal import Access
import HTTPTypes
import Hummingbird
internal import Ingress
internal import Mail
internal import NIOCore
internal import Spool
internal import Suppression
internal import Telemetry

/// The routes under `/v1`, and `/metrics`.
struct AdminRoutes: Sendable {
    typealias Context = AdminContext

    let sources: AdminServer.Sources
    private let sessions: SessionDirectory
    private let readers: EventReaders?
    private let figures: QueueFigures

    init(
        sources: AdminServer.Sources, sessions: SessionDirectory = SessionDirectory(), readers: EventReaders? = nil
    ) {
        self.sources = sources
        self.readers = readers
        self.sessions = sessions
        figures = QueueFigures(sources.queue, now: sources.now)
    }

    /// All of them.
    var list: RouteList {
        let (root, routes) = (RouteList(), RouteList(prefix: "/v1"))
        ProbeRoutes(readiness: sources.readiness).add(to: root)
        PageRoutes().add(to: root)
        root.on("metrics", only: .get) { _, _ in try await metrics() }
        routes.on("health", only: .get) { _, _ in try await health() }
        routes.on("routes", only: .get) { _, _ in try listRoutes() }
        routes.on("upstreams", only: .get) { _, _ in try await upstreams() }
        routes.on("paces", only: .get) { _, _ in try await paces() }
        routes.on("upstreams/{name}", only: .get) { _, context in try await control.show(context) }
        if let correct = sources.correctQuota { QuotaRoutes(sources: sources, correct: correct).add(to: routes) }
        routes.on("upstreams/{name}/{action}", only: .post) { try await control.control($0, $1) }
        routes.on("queue", only: .get) { request, _ in try list(request) }
        routes.on("queue/count", only: .get) { request, _ in try await count(request) }
        routes.on("queue/stats", only: .get) { request, _ in try await statistics(request) }
        routes.on("queue/{id}", only: .get) { _, context in try await show(id(context)) }
        routes.on("queue/{id}/content", only: .get) { _, context in try await content(id(context)) }
        routes.on("queue/{id}/resolve", only: .post) { request, context in
            try await ResolutionRoutes(sources: sources).resolve(request, id(context), context)
        }
        routes.on("queue/resolve", only: .post) { request, context in
            try await ResolutionRoutes(sources: sources).resolveAll(request, context)
        }
        routes.on("queue/{id}/export", only: .get) { _, context in try await export(id(context)) }
        if let intake = sources.intake {
            routes.on("queue/import", only: .post) { request, context in
                try await take(request, context, intake)
            }
        }
        if let log = sources.book.log {
            add(AuditRoutes(log: log, hashed: sources.history?.hashed ?? sources.book.form), to: routes)
        }
        if let order = sources.order { add(QueueOrderRoutes(sources: sources, carryOut: order), to: routes) }
        if let history = sources.history { HistoryRoutes(sources: sources, access: history).add(to: routes) }
        if let desk = sources.alerts { AlertRoutes(sources: sources, desk: desk).add(to: routes) }
        if let desk = sources.roundTrips { RoundTripRoutes(sources: sources, desk: desk).add(to: routes) }
        if let desk = sources.users { GuardRoutes(sources: sources, desk: desk).add(to: routes) }
        if let desk = sources.suppressions { add(SuppressionRoutes(sources: sources, desk: desk), to: routes) }
        if let desk = sources.webhooks { WebhookRoutes(sources: sources, desk: desk).add(to: routes) }
        if let desk = sources.streams { StreamRoutes(sources: sources, desk: desk).add(to: routes) }
        if let readers {
            let events = EventRoutes(readers: readers, now: sources.now)
            routes.on("events", only: .get) { try await events.answer($0, $1) }
        }
        if let reload = sources.reload { ReloadRoutes(reload: reload).add(to: routes) }
        if let ingress = sources.ingress { MessageRoutes(ingress: ingress).add(to: routes) }
        if let hub = sources.traces {
            routes.on("trace", only: .get, for: .role(.operate)) {
                try await TraceRoutes(sources: sources, hub: hub).follow($0, $1)
            }
        }
        LoginRoutes(sessions: sessions).add(to: routes)
        root.add(routes)
        root.on("v1/openapi.json", only: .get, for: .anyToken) { _, _ in
            try .json(OpenAPIDocument(self.list.routes).json)
        }
        return root
    }

    private func add(_ audit: AuditRoutes, to routes: RouteList) {
        routes.on("audit", only: .get) { request, _ in try await audit.list(request.parameters) }
        routes.on("audit/verify", only: .get) { request, _ in try await audit.verify(request.parameters) }
    }

    private func add(_ suppressions: SuppressionRoutes, to routes: RouteList) {
        routes.on("suppressions", only: .get) { request, _ in try suppressions.list(request) }
        routes.on("suppressions/check", only: .get) { request, _ in try await suppressions.check(request) }
        routes.on("suppressions/add", only: .post) { try await suppressions.add($0, $1) }
        routes.on("suppressions/remove", only: .post) { try await suppressions.remove($0, $1) }
        routes.on("suppressions/import", only: .post) { try await suppressions.take($0, $1) }
    }

    private func add(_ orders: QueueOrderRoutes, to routes: RouteList) {
        for verb in QueueVerb.allCases {
            routes.on("queue/\(verb.rawValue)", only: .post) { try await orders.order(verb, $0, $1) }
            routes.on("queue/{id}/\(verb.rawValue)", only: .post) { request, context in
                try await orders.order(verb, id(context), request, context)
            }
        }
    }

    private var control: UpstreamControlRoutes { UpstreamControlRoutes(sources: sources) }

    private func health() async throws -> Response {
        let document = await sources.health()
        return try .json(document, status: document.isHealthy ? .ok : .serviceUnavailable)
    }

    private func metrics() async throws -> Response {
        let (statistics, takenAt) = try await figures.current()
        let text = sources.metrics.text(
            upstreams: await sources.upstreams(), queue: statistics, states: MessageDocument.states, takenAt: takenAt,
            now: sources.now(), suppressions: sources.suppressions?.store.index.count ?? 0,
            webhooks: sources.webhooks?.figures ?? [], alerts: sources.alerts?.list() ?? [],
            roundTrips: await sources.roundTrips?.list() ?? [], paces: await sources.paces(),
            suspectedUsers: sources.ingress?.suspectedUsers.count ?? 0)
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func listRoutes() throws -> Response {
        let lines = try sources.routes().map { try AdminJSON.line($0) }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    private func paces() async throws -> Response {
        let lines = try await sources.paces().documents.map { try AdminJSON.line($0) }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    private func upstreams() async throws -> Response {
        let lines = try await sources.upstreams().map { try AdminJSON.line(UpstreamDocument($0)) }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    /// Totals, or with `by` a line for each group.
    private func statistics(_ request: Request) async throws -> Response {
        let (now, question) = (sources.now(), try ListingQuestion(request.parameters))
        if let grouping = question.grouping {
            let groups = try await listing(question, now).breakdown(by: grouping, at: now).documents
            let lines = try groups.map { try AdminJSON.line($0) }
            return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
        }
        let statistics =
            question.filter.matchesAll
            ? try await sources.queue.statistics(at: now) : try await listing(question, now).statistics()
        return try .json(StatisticsDocument(statistics, at: now))
    }

    private func listing(_ question: ListingQuestion, _ now: Timestamp) throws -> QueueListing {
        try QueueListing(question.filter, in: sources.queue, now: now)
    }

    private func count(_ request: Request) async throws -> Response {
        let question = try ListingQuestion(request.parameters)
        return try .json(CountDocument(messages: try await listing(question, sources.now()).count()))
    }

    private func list(_ request: Request) throws -> Response {
        let question = try ListingQuestion(request.parameters)
        let listing = try listing(question, sources.now())
        return .lines(
            ResponseBody { writer in
                // The writer belongs to the server; each page is one write, and what the client has not accepted is not
                // followed by more than one page.
                var output = writer
                try await listing.forEachPage(sorted: question.sort, isReversed: question.isReversed) {
                    try await output.write($0)
                }
                try await output.finish(nil)
            })
    }

    private func show(_ id: QueueID) async throws -> Response {
        guard let message = try await sources.queue.message(id) else { throw Self.noSuchMessage(id) }
        let (ledger, outlook) = (try await sources.queue.attempts(of: id), await sources.queue.outlook())
        return try .json(
            MessageDetailDocument(
                message, ledger: ledger, outlook: outlook, places: sources.queue.places,
                expiry: try await sources.queue.expiry(of: id)))
    }

    private func content(_ id: QueueID) async throws -> Response {
        let queue = sources.queue
        guard let reader = try await queue.openContent(of: id) else { throw Self.noSuchMessage(id) }
        let body = ResponseBody { writer in
            var output = writer
            try await queue.forEachPart(of: reader) { try await output.write($0) }
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "message/rfc822"], body: body)
    }

    private func export(_ id: QueueID) async throws -> Response {
        let queue = sources.queue
        guard try await queue.message(id) != nil else { throw Self.noSuchMessage(id) }
        let body = ResponseBody { writer in
            var output = writer
            guard try await MessageExport.forEachPart(of: id, in: queue, { try await output.write($0) }) else {
                throw Self.noSuchMessage(id)
            }
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "message/rfc822"], body: body)
    }

    private func take(_ request: Request, _ context: Context, _ intake: MessageIntake) async throws -> Response {
        try QueryParameters.check(request.parameters, optional: "reason")
        let reason = try QueueOrderDocument.checked(reason: request.parameters.first { $0.name == "reason" }?.value)
        let who = await context.peer(request)
        let audit = ImportAudit(book: sources.book, who: who, reason: reason)
        var recorded: QueueID?
        do {
            let id = try await intake.take(request.body) { message in
                try await audit.willImport(message)
                recorded = message.id
            }
            sources.report(.imported(id, who: who, reason: reason))
            return try .json(ImportDocument(queueID: id.description))
        } catch {
            if let recorded { audit.hasNotImported(recorded, error) }
            throw error
        }
    }

    private func id(_ context: Context) throws -> QueueID {
        try QueueFilter.queueID(context.parameters.require("id"))
    }

    private static func noSuchMessage(_ id: QueueID) -> HTTPError {
        HTTPError(.notFound, message: "no message \(id) in the queue")
    }
}

extension Request {
    var parameters: [(name: String, value: String)] {
        uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
    }
}

extension Response {
    static func json(_ document: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let body = ResponseBody(byteBuffer: ByteBuffer(string: try AdminJSON.line(document)))
        return Response(status: status, headers: [.contentType: "application/json"], body: body)
    }

    /// A failure (RFC 9457).
    static func problem(
        _ status: HTTPResponse.Status, _ detail: String, _ headers: HTTPFields = [:]
    ) throws -> Response {
        var response = try Response.json(
            ProblemDocument(status: status.code, title: status.reasonPhrase, detail: detail), status: status)
        response.headers[.contentType] = "application/problem+json"
        response.headers.append(contentsOf: headers)
        return response
    }

    /// - Parameter body: writes the lines, some at a time.
    static func lines(
        writing body: @escaping @Sendable ((ByteBuffer) async throws -> Void) async throws -> Void
    ) -> Response {
        .lines(
            ResponseBody { writer in
                var output = writer
                try await body { try await output.write($0) }
                try await output.finish(nil)
            })
    }

    static func lines(_ body: ResponseBody) -> Response {
        Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}
