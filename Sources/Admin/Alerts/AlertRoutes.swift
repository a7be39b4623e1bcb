internal import Alerts
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The routes of alerts.
struct AlertRoutes: Sendable {
    let sources: AdminServer.Sources
    let desk: AlertDesk

    /// An order is a sentence and a number; anything larger is not one.
    private static let maxBody = 8 << 10

    func add(to routes: RouteList) {
        routes.on("alerts", only: .get) { _, _ in try list() }
        routes.on("alerts/{name}/test", only: .post) { try await test($0, $1) }
        routes.on("alerts/{name}/silence", only: .post) { try await silence($0, $1) }
        routes.on("alerts/{name}/unsilence", only: .post) { try await unsilence($0, $1) }
    }

    private func list() throws -> Response {
        try Self.lines(desk.list().map { AlertDocument($0) })
    }

    // MARK: Orders

    private func test(_ request: Request, _ context: AdminContext) async throws -> Response {
        let (status, order, who) = try await read(.test, request, context)
        let rule = status.rule
        guard !order.isRehearsal else { return try Self.lines(rule.notify.map { AlertTestDocument(rehearsing: $0) }) }
        let sinks = rule.notify.isEmpty ? "nobody" : rule.notify.joined(separator: ", ")
        try await sources.book.record(
            AuditedOrder(who: who, what: "alert test", subject: rule.name, reason: order.reason, after: "told \(sinks)")
        )
        desk.report(.tested(rule.name, who: who, reason: order.reason))
        return try Self.lines(await desk.test(rule).map { AlertTestDocument($0) })
    }

    private func silence(_ request: Request, _ context: AdminContext) async throws -> Response {
        let (status, order, who) = try await read(.silence, request, context)
        let name = status.rule.name
        guard !order.isRehearsal else { return try .json(AlertDocument(status)) }
        try await sources.book.record(
            AuditedOrder(
                who: who, what: "alert silence", subject: name, reason: order.reason, before: status.silenceWords,
                after: "silenced until \((sources.now() + order.duration).rfc3339)"))
        desk.silence(name, order.duration, who, order.reason)
        return try await shown(name)
    }

    private func unsilence(_ request: Request, _ context: AdminContext) async throws -> Response {
        let (status, order, who) = try await read(.unsilence, request, context)
        let name = status.rule.name
        guard !order.isRehearsal, status.silence != nil else { return try .json(AlertDocument(status)) }
        try await sources.book.record(
            AuditedOrder(
                who: who, what: "alert unsilence", subject: name, reason: order.reason, before: status.silenceWords,
                after: "told"))
        desk.unsilence(name, who, order.reason)
        return try await shown(name)
    }

    private func read(
        _ action: AlertOrderDocument.Action, _ request: Request, _ context: AdminContext
    ) async throws -> (AlertStatus, AlertOrderDocument, who: String?) {
        let status = try status(try context.parameters.require("name"))
        let order = try AlertOrderDocument(try await request.body.collect(upTo: Self.maxBody), for: action)
        return (status, order, await context.peer(request))
    }

    /// As it stands in the path: names contain only characters that need no encoding there.
    private func status(_ name: String) throws -> AlertStatus {
        let all = desk.list()
        guard let status = all.first(where: { $0.rule.name == name }) else {
            let names = all.map(\.rule.name).joined(separator: ", ")
            throw HTTPError(
                .notFound, message: "no alert \(name); " + (names.isEmpty ? "there are none" : "there are \(names)"))
        }
        return status
    }

    private func shown(_ name: String) async throws -> Response { try .json(AlertDocument(try status(name))) }

    private static func lines(_ documents: [some Encodable]) throws -> Response {
        .lines(ResponseBody(byteBuffer: ByteBuffer(string: try documents.map { try AdminJSON.line($0) }.joined())))
    }
}

extension AlertStatus {
    /// For the audit log.
    fileprivate var silenceWords: String { silence.map { "silenced until \($0.until.rfc3339)" } ?? "told" }
}
