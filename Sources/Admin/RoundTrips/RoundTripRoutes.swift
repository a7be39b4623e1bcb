import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
internal import RoundTrips

/// The routes of round trips.
struct RoundTripRoutes: Sendable {
    let sources: AdminServer.Sources
    let desk: RoundTripDesk

    private static let maxBody = 64 << 10
    /// Octets of paths in the record of an order.
    private static let longest = 1000

    func add(to routes: RouteList) {
        routes.on("round-trips", only: .get) { request, _ in try await list(request) }
        routes.on("round-trips/report", only: .get) { request, _ in try await report(request) }
        routes.on("round-trips/run", only: .post) { try await run($0, $1) }
    }

    // MARK: Questions

    private func list(_ request: Request) async throws -> Response {
        try QueryParameters.check(request.parameters)
        if let name = request.parameters.first?.name { throw AdminError(.badRequest, "unknown name \(name)") }
        return try Self.lines(await desk.list().map { RoundTripDocument($0) })
    }

    private func report(_ request: Request) async throws -> Response {
        let question = try RoundTripQuestion(request.parameters)
        let period = try question.period(at: sources.now())
        let report = await desk.report(period.from, period.until, question.filter)
        switch (question.format, question.part) {
        case (.json, .summary): return Self.text(report.json + "\n", "application/json")
        case (.json, .points): return Self.lines(report.pointsJSON)
        case (.json, .incidents): return Self.lines(report.incidents.map(\.json))
        case (.csv, .summary): return Self.table(report.csv)
        case (.csv, .points): return Self.table(report.pointsCSV)
        case (.csv, .incidents): return Self.table(report.incidentsCSV)
        case (.html, _): return Self.page(report.html(madeAt: sources.now()))
        }
    }

    private static func lines(_ lines: [String]) -> Response {
        .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.map { $0 + "\n" }.joined())))
    }

    private static func table(_ text: String) -> Response { Self.text(text, "text/csv; charset=utf-8; header=present") }

    private static func text(_ text: String, _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// No script could run in it, whatever it says.
    private static func page(_ text: String) -> Response {
        var response = Self.text(text, "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "sandbox"
        return response
    }

    // MARK: Orders

    private func run(_ request: Request, _ context: AdminContext) async throws -> Response {
        let order = try RoundTripOrderDocument(try await request.body.collect(upTo: Self.maxBody))
        let paths = try await paths(order.filter)
        guard !order.isRehearsal else { return try Self.lines(paths.map { RoundTripRunDocument(rehearsing: $0) }) }
        try await sources.book.record(
            AuditedOrder(
                who: await context.peer(request), what: "round-trip run", subject: words(paths), reason: order.reason,
                after: paths.count == 1 ? "1 probe" : "\(paths.count) probes"))
        let runs = await desk.run(paths, order.wait)
        return .lines { write in
            for await run in runs {
                try await write(ByteBuffer(string: try AdminJSON.line(RoundTripRunDocument(run))))
            }
        }
    }

    /// Those that a filter means.
    private func paths(_ filter: TripFilter) async throws -> [TripPath] {
        let all = await desk.list().map(\.standing.path)
        let names = Set(all.map(\.trip)).sorted()
        if let unknown = filter.names.first(where: { !names.contains($0) }) {
            throw HTTPError(.notFound, message: "no round trip \(unknown); \(Self.choice(names))")
        }
        let paths = all.filter(filter.matches)
        let upstreams = Set(all.filter(TripFilter(names: filter.names).matches).compactMap(\.upstream)).sorted()
        if let unknown = filter.upstreams.first(where: { !upstreams.contains($0) }) {
            throw HTTPError(.notFound, message: "no round trip through upstream \(unknown); \(Self.choice(upstreams))")
        }
        guard !paths.isEmpty else { throw HTTPError(.notFound, message: "relay.conf has no [[round_trip]]") }
        return paths
    }

    private static func choice(_ names: [String]) -> String {
        names.isEmpty ? "there is none" : "there are \(names.joined(separator: ", "))"
    }

    /// For the audit log.
    private func words(_ paths: [TripPath]) -> String {
        let words = paths.map { path in path.trip + (path.upstream.map { " through \($0)" } ?? " as routed") }
        let text = words.joined(separator: ", ")
        return text.utf8.count <= Self.longest ? text : "\(words[0]) and \(words.count - 1) more"
    }

    private static func lines(_ documents: [some Encodable]) throws -> Response {
        .lines(ResponseBody(byteBuffer: ByteBuffer(string: try documents.map { try AdminJSON.line($0) }.joined())))
    }
}
