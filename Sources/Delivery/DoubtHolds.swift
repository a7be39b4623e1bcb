internal import Mail
internal import Synchronization

/// The messages whose doubts nobody may settle at this moment, because something is under way that would not hear of it:
/// an attempt, a reading back, or the order of another operator.
final class DoubtHolds: Sendable {
    /// Number of holds of each message.
    private let counts = Mutex<[QueueID: Int]>([:])

    /// A hold for as long as the object lives, wherever it goes.
    final class Hold: Sendable {
        private let holds: DoubtHolds
        private let id: QueueID

        fileprivate init(_ holds: DoubtHolds, _ id: QueueID) {
            self.holds = holds
            self.id = id
            holds.take([id])
        }

        deinit {
            holds.release(id)
        }
    }

    func hold(_ id: QueueID) -> Hold { Hold(self, id) }

    func take(_ ids: [QueueID]) {
        counts.withLock { counts in
            for id in ids { counts[id, default: 0] += 1 }
        }
    }

    func release(_ id: QueueID) {
        counts.withLock { counts in
            guard let count = counts[id] else { return }
            counts[id] = count == 1 ? nil : count - 1
        }
    }

    func holds(_ id: QueueID) -> Bool {
        counts.withLock { $0[id] != nil }
    }
}
