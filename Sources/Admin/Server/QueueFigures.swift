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
    private var last: (statistics: SpoolStatistics, takenAt: Timestamp, validFor: Duration)?

    init(_ queue: any QueueSource, now: @escaping @Sendable () -> Timestamp) {
        self.queue = queue
        self.now = now
    }

    func current() async throws -> (statistics: SpoolStatistics, takenAt: Timestamp) {
        if let last, now() - last.takenAt < last.validFor { return (last.statistics, last.takenAt) }
        let start = now()
        let statistics = try await queue.statistics(at: start)
        last = (statistics, start, max(Self.age, (now() - start) * Self.costFactor))
        return (statistics, start)
    }
}
