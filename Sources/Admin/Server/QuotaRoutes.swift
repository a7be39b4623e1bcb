internal import Delivery
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
internal import Upstreams

/// Orders about the quotas of an upstream.
struct QuotaRoutes: Sendable {
    let sources: AdminServer.Sources
    let correct: AdminServer.Sources.QuotaOrder

    /// An order is a sentence and two words; anything larger is not one.
    private static let maxBody = 8 << 10

    func add(to routes: RouteList) {
        routes.on("upstreams/{name}/quota", only: .post) { try await order($0, $1) }
    }

    private func order(_ request: Request, _ context: AdminContext) async throws -> Response {
        let name = try context.parameters.require("name")
        let document = try QuotaOrderDocument(try await request.body.collect(upTo: Self.maxBody))
        let correction = try document.correction()
        guard let standing = await sources.detail(name) else { throw await noSuchUpstream(name) }
        let quota = try Self.quota(correction.period, of: standing.status)
        guard document.dryRun != true else {
            return try .json(
                QuotaImpactDocument(
                    upstream: name, quota: quota.quota.text, before: quota.used, after: correction.used))
        }
        try await sources.book.record(
            AuditedOrder(
                who: await context.peer(request), what: "upstream quota", subject: name, reason: correction.reason,
                before: "\(quota.quota.text) used \(quota.used)",
                after: "\(quota.quota.text) used \(correction.used)"))
        switch await correct(name, correction) {
        case .done(let detail, nil): return try .json(UpstreamDetailDocument(detail))
        case .done(_, let reason?):
            throw AdminError(
                .unavailable, "in force, but not on disk: a restart after a crash would lose it (\(reason))")
        case .unknownUpstream: throw await noSuchUpstream(name)
        case .unknownQuota: throw AdminError(.badRequest, "relay.conf has changed meanwhile: ask again")
        }
    }

    private static func quota(_ period: Quota.Period?, of status: UpstreamStatus) throws(AdminError) -> QuotaReport {
        let words = status.quotas.map(\.quota.text).joined(separator: ", ")
        guard let first = status.quotas.first else {
            throw AdminError(.badRequest, "\(status.name) has no quota in relay.conf")
        }
        guard let period else {
            guard status.quotas.count == 1 else {
                throw AdminError(.badRequest, "\(status.name) has several quotas; name one of \(words)")
            }
            return first
        }
        guard let found = status.quotas.first(where: { $0.quota.period == period }) else {
            throw AdminError(.badRequest, "\(status.name) has no quota per \(period.text); there are \(words)")
        }
        return found
    }

    private func noSuchUpstream(_ name: String) async -> HTTPError {
        await UpstreamControlRoutes(sources: sources).noSuchUpstream(name)
    }
}
