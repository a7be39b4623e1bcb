internal import Mail
internal import Spool

/// Spool statistics for frequent requests: refreshed only when old relative to their cost, because the spool examines
/// every message for them.
actor QueueFigures {
    /// Minimum age before a refresh; it also grows in proportion to the time the figures took.
    private static let age = Duration.seconds(10)
    private static let costFactor = 20

    private let queue: any QueueSource
    private let now: @Sendable () -> Timestamp
    private var last: (statistics: SpoolStatistics, takenAt: Timestamp, validUntil: ContinuousClock.Instant)?

    init(_ queue: any QueueSource, now: @escaping @Sendable () -> Timestamp) {
        self.queue = queue
        self.now = now
    }

    func current() async throws -> (statistics: SpoolStatistics, takenAt: Timestamp) {
        if let last, ContinuousClock.now < last.validUntil { return (last.statistics, last.takenAt) }
        let (start, began) = (now(), ContinuousClock.now)
        let statistics = try await queue.statistics(at: start)
        let cost = ContinuousClock.now - began
        last = (statistics, start, began + max(Self.age, cost * Self.costFactor))
        return (statistics, start)
    }
}
