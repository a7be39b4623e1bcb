import Admin
import Console
import Delivery
import Drill
import NIOCore

/// Questions and orders about upstreams.
extension RelayClient: DrillRelay {
    /// All upstreams, in order of priority: each as a line of JSON without its end.
    func forEachUpstream(_ body: (ByteBuffer) throws -> Void) async throws {
        try await forEachLine(at: AdminPath.upstreams, body)
    }

    /// All upstreams, in order of priority.
    func list() async throws -> [UpstreamDocument] {
        var list: [UpstreamDocument] = []
        try await forEachUpstream { list.append(try AdminJSON.decode(UpstreamDocument.self, from: $0)) }
        return list
    }

    func detail(of name: String) async throws -> UpstreamDetailDocument {
        try await about(name) { try await $0.document(UpstreamDetailDocument.self, at: AdminPath.upstream(name)) }
    }

    func statistics() async throws -> StatisticsDocument {
        try await document(StatisticsDocument.self, at: AdminPath.statistics(ListingQuestion()))
    }

    /// Carries out an order, and returns the state of the upstream afterwards.
    func control(
        _ name: String, _ action: UpstreamControl.Action, _ order: UpstreamControlDocument
    ) async throws -> UpstreamDetailDocument {
        try await about(name, isPatient: action == .probe) {
            try await $0.post(order, to: AdminPath.control(name, action.rawValue), for: UpstreamDetailDocument.self)
        }
    }

    /// Corrects what a quota has counted, and returns the state of the upstream afterwards.
    func correctQuota(_ name: String, _ order: QuotaOrderDocument) async throws -> UpstreamDetailDocument {
        try await about(name) {
            try await $0.post(order, to: AdminPath.quota(name), for: UpstreamDetailDocument.self)
        }
    }

    /// What that would change.
    func rehearseQuota(_ name: String, _ order: QuotaOrderDocument) async throws -> QuotaImpactDocument {
        try await about(name) { try await $0.post(order, to: AdminPath.quota(name), for: QuotaImpactDocument.self) }
    }

    /// A question about one upstream, which may be in the file only.
    private func about<Answer>(
        _ name: String, isPatient: Bool = false, _ question: (AdminClient) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await ask(isPatient: isPatient, question)
        } catch let failure as Failure where failure.status == .noSuchMessage {
            throw place.missesReload(for: name) ?? failure
        }
    }
}
