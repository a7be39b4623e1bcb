package import Mail

/// The outbox as a courier of webhooks uses it; tests have their own.
package protocol OutboxStore: Sendable {
    /// Events for a webhook that wait, or that are dead, with numbers after this one, in order.
    func outbox(of webhook: String, after number: Int, isDead: Bool, limit: Int) async throws -> [OutboxEntry]

    /// Events for a webhook about one message that wait, with numbers after this one, in order.
    func outbox(of webhook: String, about message: QueueID, after number: Int, limit: Int) async throws -> [OutboxEntry]

    /// When the oldest event of a webhook was recorded, by the steady clock; nil for none.
    func oldestInOutbox(of webhook: String) async throws -> Timestamp?

    /// Changes events; `done` gets the number of events concerned once that is durable.
    func change(
        outbox updates: [OutboxUpdate], isUrgent: Bool, done: @escaping @Sendable (Result<Int, SpoolError>) -> Void)
}
