import Synchronization

/// Slows down guessing: a client with a wrong token waits for its answer. The number of waiting clients is limited; beyond
/// it they are refused at once. Valid tokens never wait.
final class FailureBrake: Sendable {
    private let waiting = Mutex(0)
    private let limit: Int
    private let delay: Duration

    init(limit: Int = 64, delay: Duration = .seconds(1)) {
        self.limit = limit
        self.delay = delay
    }

    /// Returns when the answer may go out; at once, with false, if too many wait already.
    func hold() async -> Bool {
        let isIn = waiting.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isIn else { return false }
        defer { waiting.withLock { $0 -= 1 } }
        try? await Task.sleep(for: delay)
        return true
    }
}
