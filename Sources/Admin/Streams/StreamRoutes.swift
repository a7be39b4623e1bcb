internal import Delivery
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The routes of streams.
struct StreamRoutes: Sendable {
    let sources: AdminServer.Sources
    let desk: StreamDesk

    /// An order is a sentence and a number; anything larger is not one.
    private static let maxBody = 8 << 10

    func add(to routes: RouteList) {
        routes.on("streams", only: .get) { request, _ in try await list(request) }
        routes.on("streams/{name}", only: .get) { _, context in try await show(context) }
        routes.on("streams/{name}/pause", only: .post) { try await change(.pause, $0, $1) }
        routes.on("streams/{name}/resume", only: .post) { try await change(.resume, $0, $1) }
        guard let order = sources.order else { return }
        routes.on("streams/{name}/cancel", only: .post) { try await cancel($0, $1, order) }
    }

    // MARK: Questions

    private func list(_ request: Request) async throws -> Response {
        try QueryParameters.check(request.parameters)
        if let name = request.parameters.first?.name { throw AdminError(.badRequest, "unknown name \(name)") }
        let lines = try await documents().map { try AdminJSON.line($0) }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    private func show(_ context: AdminContext) async throws -> Response {
        try .json(try await document(of: try name(context)))
    }

    private func documents() async throws -> [StreamDocument] {
        let statuses = await desk.list()
        let known = Dictionary(statuses.map { ($0.name, $0) }) { first, _ in first }
        let loads = try await loads(known: Set(known.keys)).byName
        return Set(known.keys).union(loads.keys).sorted().map {
            StreamDocument($0, known[$0], loads[$0] ?? StreamLoad())
        }
    }

    private func loads(known: Set<String>) async throws -> StreamLoads {
        try await QueueListing(QueueFilter(), in: sources.queue, now: sources.now()).streams(known: known)
    }

    /// - Parameter status: how it stands, if that is known.
    private func document(of name: String, _ status: StreamStatus? = nil) async throws -> StreamDocument {
        let found = await desk.list().first { $0.name == name }
        let load = try await loads(known: [name]).byName[name]
        guard (status ?? found) != nil || load != nil else { throw Self.unknown(name) }
        return StreamDocument(name, status ?? found, load ?? StreamLoad())
    }

    private static func unknown(_ name: String) -> HTTPError {
        HTTPError(.notFound, message: "no stream \(name) is known, and nothing waits of it")
    }

    // MARK: Orders

    /// A stream may be paused before anything of it has come.
    private func change(_ verb: StreamVerb, _ request: Request, _ context: AdminContext) async throws -> Response {
        let name = try name(context)
        let order = try StreamOrderDocument(try await request.body.collect(upTo: Self.maxBody), for: verb)
        let standing = await desk.list().first { $0.name == name }
        guard standing != nil || !StreamName.isReserved(name) else { throw Self.unknown(name) }
        let isPaused = standing?.pause != nil
        if order.isRehearsal || verb == .resume && !isPaused {
            guard verb == .pause else { return try .json(try await document(of: name)) }
            return try .json(try await shown(name, standing))
        }
        try await sources.book.record(
            AuditedOrder(
                who: await context.peer(request), what: "stream \(verb.rawValue)", subject: name,
                reason: order.reason, before: isPaused ? "paused" : "active",
                after: verb == .pause ? "paused" : "active")
        )
        let carryOut = verb == .pause ? desk.pause : desk.resume
        guard let status = await carryOut(name, order.reason) else {
            throw HTTPError(.conflict, message: "no more streams can be paused: resume some first")
        }
        return try .json(try await document(of: name, status))
    }

    /// Also one that nobody knows yet.
    private func shown(_ name: String, _ standing: StreamStatus?) async throws -> StreamDocument {
        StreamDocument(name, standing, try await loads(known: [name]).byName[name] ?? StreamLoad())
    }

    /// Drops what waits of a stream, as `queue drop` does.
    private func cancel(
        _ request: Request, _ context: AdminContext, _ carryOut: @escaping AdminServer.Sources.Order
    ) async throws -> Response {
        let name = try name(context)
        let order = try StreamOrderDocument(try await request.body.collect(upTo: Self.maxBody), for: .cancel)
        // By name, since a filter ignores case, and a star in it stands for any text.
        let load = try await loads(known: [name]).byName[name]
        let isKnown = await desk.list().contains { $0.name == name }
        guard load != nil || isKnown else { throw Self.unknown(name) }
        guard !order.isRehearsal else {
            return try .json(
                StreamCancelDocument(stream: name, messages: load?.messages ?? 0, recipients: load?.waiting ?? 0))
        }
        let ids = try await QueueListing(QueueFilter(), in: sources.queue, now: sources.now()).ids(ofStream: name)
        let run = try await run(order, name, carryOut, who: await context.peer(request))
        return .lines { try await run.run(ids, $0) }
    }

    private func run(
        _ order: StreamOrderDocument, _ name: String, _ carryOut: @escaping AdminServer.Sources.Order, who: String?
    ) async throws -> QueueOrderRun {
        try await sources.book.record(
            AuditedOrder(
                who: who, what: "stream cancel", subject: name, reason: order.reason,
                after: order.bounce == true ? "dropped, senders told" : "dropped"))
        var (document, filter) = (QueueOrderDocument(), QueueFilter())
        filter.stream = name
        (document.filter, document.reason, document.bounce) = (filter, order.reason, order.bounce ?? false)
        let report = QueueOrderReport(.drop, document, who: who)
        let run = QueueOrderRun(
            order: .drop(notify: order.bounce ?? false), wait: order.wait, report: report, carryOut: carryOut,
            tell: sources.report, audit: sources.audit(of: report))
        try await run.audit.begin()
        return run
    }

    /// Names come from applications, and are percent-encoded in the path.
    private func name(_ context: AdminContext) throws -> String {
        let text = try context.parameters.require("name")
        guard let name = AdminPath.decoded(text), StreamName.isListed(name) else {
            throw AdminError(.badRequest, "\(text) is not the name of a stream")
        }
        return name
    }
}
