internal import Alerts
internal import Mail
internal import Spool

/// Finds out how the queue is, for the alerts.
struct QueueGauge: Sendable {
    let statistics: @Sendable () async throws -> SpoolStatistics
    /// How long ago a message was accepted, by the steady clock; nil if nobody can tell.
    let age: @Sendable (SpoolStatistics.Arrival) async -> Duration?

    /// nil if nobody can tell.
    func look() async -> QueueFacts? {
        guard let found = try? await statistics() else { return nil }
        var oldest: Duration?
        if let first = found.firstWaiting {
            guard let age = await age(first) else { return nil }
            oldest = age
        }
        let inDoubt = found.byState[Recipient.State.inDoubt.rawValue] ?? 0
        return QueueFacts(messages: found.messages, oldest: oldest, inDoubt: inDoubt - found.noticesInDoubt)
    }
}
