import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The routes of guarded users.
struct GuardRoutes: Sendable {
    let sources: AdminServer.Sources
    let desk: GuardDesk

    private static let maxBody = 8 << 10

    func add(to routes: RouteList) {
        routes.on("users", only: .get) { _, _ in try list() }
        routes.on("users/trust", only: .post) { try await trust($0, $1) }
    }

    private func list() throws -> Response {
        let lines = try desk.documents.map { try AdminJSON.line($0) }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    private func trust(_ request: Request, _ context: AdminContext) async throws -> Response {
        let order = try TrustDocument(try await request.body.collect(upTo: Self.maxBody))
        guard let user = desk.document(of: order.user) else {
            throw HTTPError(.notFound, message: "no user \(order.user) with a guard in relay.conf")
        }
        guard !order.isRehearsal, user.state == "suspected" else { return try .json(user) }
        try await sources.book.record(
            AuditedOrder(
                who: await context.peer(request), what: "user trust", subject: user.name, reason: order.reason,
                before: "suspected", after: "trusted"))
        _ = desk.trust(user.name)
        return try .json(desk.document(of: user.name) ?? user)
    }
}
