internal import Delivery
import HTTPTypes
import Hummingbird
internal import NIOCore

/// The routes of one upstream: its details, and orders for it.
struct UpstreamControlRoutes: Sendable {
    typealias Context = AdminContext

    let sources: AdminServer.Sources

    /// An order is a sentence and a number; anything larger is not one.
    private static let maxBody = 8 << 10

    func show(_ context: Context) async throws -> Response {
        let name = try name(context)
        guard let detail = await sources.detail(name) else { throw await noSuchUpstream(name) }
        return try .json(UpstreamDetailDocument(detail))
    }

    func control(_ request: Request, _ context: Context) async throws -> Response {
        let name = try name(context)
        let body = try await request.body.collect(upTo: Self.maxBody)
        let document = try UpstreamControlDocument(body)
        let order = try document.order(try action(context))
        if document.dryRun == true { return try await rehearse(order.action, name) }
        guard let standing = await sources.detail(name) else { throw await noSuchUpstream(name) }
        if let audited = order.audited(by: await context.peer(request), standing, now: sources.now()) {
            try await sources.book.record(audited)
        }
        guard let detail = await sources.control(name, order) else { throw await noSuchUpstream(name) }
        return try .json(UpstreamDetailDocument(detail))
    }

    /// What the order would change.
    private func rehearse(_ action: UpstreamControl.Action, _ name: String) async throws -> Response {
        let upstreams = await sources.upstreams()
        guard upstreams.contains(where: { $0.name == name }) else { throw await noSuchUpstream(name) }
        let loads = try await QueueListing(QueueFilter(), in: sources.queue, now: sources.now()).loads()
        return try .json(
            UpstreamImpact(upstreams).document(of: action, for: name, routes: sources.routes(), loads: loads))
    }

    /// As it stands in the path: names contain only characters that need no encoding there.
    private func name(_ context: Context) throws -> String {
        try context.parameters.require("name")
    }

    private func action(_ context: Context) throws -> UpstreamControl.Action {
        let word = try context.parameters.require("action")
        guard let action = UpstreamControl.Action(rawValue: word) else {
            let words = UpstreamControl.Action.allCases.map(\.rawValue).joined(separator: ", ")
            throw HTTPError(.notFound, message: "no action \(word); there are \(words)")
        }
        return action
    }

    func noSuchUpstream(_ name: String) async -> HTTPError {
        let names = await sources.upstreams().map(\.name).joined(separator: ", ")
        return HTTPError(.notFound, message: "no upstream \(name) in relay.conf; there are \(names)")
    }
}
