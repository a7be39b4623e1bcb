internal import Mail
internal import Synchronization

/// Queue IDs of a ``FaultySpool``, with a lock of its own: notices get theirs while the spool commits.
final class FaultyQueueIDs: Sendable {
    private let next: Mutex<Int64>

    init(next: Int64) {
        self.next = Mutex(next)
    }

    func make() -> QueueID {
        next.withLock { next in
            defer { next += 1 }
            return QueueID(rawValue: next)
        }
    }

    /// Makes no ID up to this one any more.
    func skip(_ id: QueueID) {
        next.withLock { $0 = max($0, id.rawValue + 1) }
    }
}
