internal import Alerts
internal import Mail
internal import Synchronization

/// Looks at the queue for the alerts, in a task of its own: a spool that is slow, or never answers, holds up nothing that
/// is told.
final class QueueWatch: Sendable {
    static let interval = Duration.seconds(2)
    /// What is older than this, or than two looks take, says nothing.
    static let patience = Duration.seconds(60)

    private struct State {
        var facts: QueueFacts?
        /// Until when the facts count.
        var isFreshUntil = Timestamp.distantPast
    }

    private let gauge: QueueGauge
    private let steady: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(_ gauge: QueueGauge, steady: @escaping @Sendable () -> Timestamp) {
        (self.gauge, self.steady) = (gauge, steady)
    }

    /// How the queue was when it was last looked at; nil if nobody knows, or that is too long ago.
    var facts: QueueFacts? {
        let now = steady()
        return state.withLock { $0.isFreshUntil > now ? $0.facts : nil }
    }

    /// Looks at it again and again, until the task is cancelled. Takes at most a twentieth of the time of a reader.
    ///
    /// - Parameter isWanted: whether an alert is about the queue.
    func run(_ isWanted: @Sendable () -> Bool) async {
        while !Task.isCancelled {
            var wait = Self.interval
            if isWanted() {
                let took = await look()
                wait = max(wait, took * 20)
            }
            try? await Task.sleep(for: wait)
        }
    }

    /// - Returns: how long it took.
    func look() async -> Duration {
        let began = steady()
        let found = await gauge.look()
        let now = steady()
        guard let found else { return now - began }
        state.withLock { state in
            state.facts = found
            state.isFreshUntil = now + max(Self.patience, (now - began) * 42)
        }
        return now - began
    }
}
