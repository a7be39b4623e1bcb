internal import Mail
package import Spool
package import Suppression
package import Upstreams

/// What the admin interface knows of suppressions.
package struct SuppressionDesk: Sendable {
    package let store: SuppressionStore
    private let currentGate: @Sendable () -> SuppressionGate
    private let currentRoutes: @Sendable () -> RouteTable

    /// - Parameters:
    ///   - gate: like `routes`, asked each time, since a reload may change it.
    package init(
        _ store: SuppressionStore, _ gate: @autoclosure @escaping @Sendable () -> SuppressionGate,
        routes: @autoclosure @escaping @Sendable () -> RouteTable
    ) {
        self.store = store
        currentGate = gate
        currentRoutes = routes
    }

    package var gate: SuppressionGate { currentGate() }
    var routes: [String] { currentRoutes().routes.map(\.name) }

    /// What would happen to mail to an address.
    func check(_ address: Address, at now: Timestamp) async throws -> SuppressionCheckDocument {
        let gate = gate
        let matches = routes.map { ($0, gate.match(address, route: $0, at: now)) }
        var keys: [SuppressionKey] = []
        for (_, match) in matches {
            if let key = match?.key, !keys.contains(key) { keys.append(key) }
        }
        var entries: [SuppressionDocument] = []
        for key in keys {
            if let entry = try await store.entry(key) { entries.append(SuppressionDocument(entry)) }
        }
        let tally = try await store.tally(of: address)
        let reply = gate.action == .refuse ? matches.lazy.compactMap { $0.1?.reply.description }.first : nil
        return SuppressionCheckDocument(
            address: NormalAddress.text(address.text), reply: reply,
            routes: matches.map { .init(route: $0, result: result($1, gate), pattern: $1?.key.pattern.text) },
            suppressions: entries, hardBounces: tally.hardCount, softBounces: tally.softCount)
    }

    private func result(_ match: SuppressionMatch?, _ gate: SuppressionGate) -> String {
        guard match != nil else { return "sent" }
        return switch gate.action {
        case .refuse: "refused"
        case .drop: "dropped"
        }
    }
}
