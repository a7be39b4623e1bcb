import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The route by which relay.conf is read again.
struct ReloadRoutes: Sendable {
    let reload: AdminServer.Sources.Reload

    /// A sentence.
    private static let maxBody = 8 << 10

    func add(to routes: RouteList) {
        routes.on("reload", only: .post) { request, context in try await answer(request, context) }
    }

    private func answer(_ request: Request, _ context: AdminContext) async throws -> Response {
        let document = try ReloadOrderDocument(
            request.parameters, try await request.body.collect(upTo: Self.maxBody))
        let order = ReloadOrder(
            who: await context.peer(request), reason: document.reason, isRehearsal: document.dryRun ?? false)
        return try .json(try await reload(order))
    }
}
