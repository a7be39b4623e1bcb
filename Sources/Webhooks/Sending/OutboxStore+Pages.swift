package import Spool

extension OutboxStore {
    func entries(_ page: OutboxPage, of webhook: String) async throws -> [OutboxEntry] {
        guard let message = page.message else {
            return try await outbox(of: webhook, after: page.after, isDead: false, limit: page.limit)
        }
        return try await outbox(of: webhook, about: message, after: page.after, limit: page.limit)
    }

    /// - Returns: the number of events concerned.
    package func change(outbox updates: [OutboxUpdate], isUrgent: Bool) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            change(outbox: updates, isUrgent: isUrgent) { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
    }
}
