package import Delivery
internal import FoundationEssentials
internal import Mail
package import NIOCore
internal import Upstreams

/// The body of `POST /v1/upstreams/NAME/quota`; property names match the JSON.
package struct QuotaOrderDocument: Hashable, Sendable, Codable {
    /// Recipients that the upstream has been given in the present period or window.
    package var used: Int
    /// Which quota: as in relay.conf, or its period alone (`d`, `month`, `24h`); needed where there are several.
    package var quota: String?
    package var reason: String?
    /// Whether to change nothing, and to answer with what would change.
    package var dryRun: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case used, quota, reason
        case dryRun = "dry_run"
    }

    /// More than any upstream allows.
    package static let most = 1_000_000_000_000

    package init(used: Int, quota: String? = nil, reason: String? = nil, dryRun: Bool? = nil) {
        self.used = used
        self.quota = quota
        self.reason = reason
        self.dryRun = dryRun
    }

    /// Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        do {
            if let unknown = try AdminJSON.unknownName(in: body, known: CodingKeys.allCases.map(\.rawValue)) {
                throw AdminError(
                    .badRequest, "unknown name \(unknown) in the body; expected used, quota, reason and dry_run")
            }
            self = try AdminJSON.decode(Self.self, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(.badRequest, #"the body must be JSON, such as {"used":4711,"quota":"50000/d"}"#)
        }
    }

    /// Throws ``AdminError`` for invalid values.
    package func correction() throws(AdminError) -> QuotaCorrection {
        guard (0...Self.most).contains(used) else {
            throw AdminError(.badRequest, "used must be from 0 to \(Self.most)")
        }
        if let reason, reason.count > UpstreamControlDocument.maxReason {
            throw AdminError(
                .badRequest, "the reason is longer than \(UpstreamControlDocument.maxReason) characters")
        }
        let isEmpty = reason?.allSatisfy(\.isWhitespace) ?? true
        return QuotaCorrection(period: try period(), used: used, reason: isEmpty ? nil : reason)
    }

    private func period() throws(AdminError) -> Quota.Period? {
        guard let quota else { return nil }
        guard let period = Quota(quota)?.period ?? Quota.Period(quota) else {
            throw AdminError(.badRequest, "\(quota.prefix(100)) is not a quota; write for example 50000/d or month")
        }
        return period
    }
}

/// What an order about a quota would change; property names match the JSON.
package struct QuotaImpactDocument: Hashable, Sendable, Codable {
    package var upstream: String
    package var quota: String
    /// Recipients that count as used now.
    package var before: Int
    /// Those that would.
    package var after: Int
}
