import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
internal import Spool
internal import Webhooks

/// The routes of webhooks and their outbox. A change is on disk before it is answered.
struct WebhookRoutes: Sendable {
    let sources: AdminServer.Sources
    let desk: WebhookDesk

    private static let maxBody = 64 << 10
    private static let pageSize = 200

    func add(to routes: RouteList) {
        routes.on("webhooks", only: .get) { request, _ in try list(request) }
        routes.on("webhooks/{name}/events", only: .get) { try events($0, $1) }
        for verb in WebhookVerb.allCases {
            routes.on("webhooks/{name}/\(verb.rawValue)", only: .post) { try await order(verb, $0, $1) }
        }
    }

    // MARK: Questions

    private func list(_ request: Request) throws -> Response {
        try QueryParameters.check(request.parameters)
        if let name = request.parameters.first?.name { throw AdminError(.badRequest, "unknown name \(name)") }
        let lines = try desk.documents().map { try AdminJSON.line($0) }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    private func events(_ request: Request, _ context: AdminContext) throws -> Response {
        let (name, question) = (try name(context), try WebhookQuestion(request.parameters))
        return .lines { [desk] write in
            var (last, rest) = (question.after, question.limit ?? .max)
            while rest > 0 {
                let size = min(rest, Self.pageSize)
                let page = try await desk.outbox.outbox(of: name, after: last, isDead: question.isDead, limit: size)
                let lines = try page.map { try AdminJSON.line(WebhookEventDocument($0, wall: desk.wall)) }
                if !lines.isEmpty { try await write(ByteBuffer(string: lines.joined())) }
                guard page.count == size, let end = page.last?.number else { return }
                (last, rest) = (end, rest - size)
            }
        }
    }

    // MARK: Orders

    private func order(_ verb: WebhookVerb, _ request: Request, _ context: AdminContext) async throws -> Response {
        let name = try name(context)
        let document = try WebhookOrderDocument(try await request.body.collect(upTo: Self.maxBody))
        let selection = try selection(verb, name, document)
        try checkReceiver(verb, name)
        guard !document.isRehearsal else { return try .json(await desk.rehearse(verb, selection)) }
        let who = await context.peer(request)
        let orders = [audited(verb, selection, document.reason, who)]
        let result = try await sources.book.carryOut(orders) { try await desk.carryOut(verb, selection) }
        let count = result.events
        sources.book.conclude(orders, "\(count) \(count == 1 ? "event" : "events")")
        sources.report(
            .webhook(WebhookReport(order: verb, webhook: name, count: count, reason: document.reason, who: who)))
        return try .json(result)
    }

    private func selection(
        _ verb: WebhookVerb, _ name: String, _ document: WebhookOrderDocument
    ) throws -> OutboxSelection {
        guard let numbers = try document.numbers() else { return desk.everything(verb, of: name) }
        return OutboxSelection(webhook: name, numbers: numbers)
    }

    /// Nothing can be sent again to a webhook that nobody sends to.
    private func checkReceiver(_ verb: WebhookVerb, _ name: String) throws {
        guard verb == .resend, desk.isGone(name) else { return }
        throw HTTPError(
            .conflict,
            message: "relay.conf no longer names webhook \(name): nothing is sent; name it again, or drop its events")
    }

    private func audited(
        _ verb: WebhookVerb, _ selection: OutboxSelection, _ reason: String?, _ who: String?
    ) -> AuditedOrder {
        let events = selection.numbers.map { "events " + $0.prefix(100).map(String.init).joined(separator: " ") }
        return AuditedOrder(
            who: who, what: "webhook \(verb.rawValue)",
            subject: "\(selection.webhook): \(events ?? (selection.hasWaiting ? "every event" : "every dead event"))",
            reason: reason)
    }

    /// As it stands in the path: names contain only characters that need no encoding there.
    private func name(_ context: AdminContext) throws -> String {
        let name = try context.parameters.require("name")
        guard desk.names.contains(name) else {
            let names = desk.names.isEmpty ? "there is none" : "there are " + desk.names.joined(separator: ", ")
            throw HTTPError(.notFound, message: "no webhook \(name) in relay.conf; \(names)")
        }
        return name
    }
}
