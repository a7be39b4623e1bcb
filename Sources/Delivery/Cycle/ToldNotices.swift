internal import Mail
internal import Notices
internal import Synchronization

/// Notices written in a change of messages, on the spool's writer thread, for the log. If the spool repeats a commit they are written
/// again, and only the last ones are committed.
final class ToldNotices: Sendable {
    private let byMessage = Mutex<[QueueID: [PlannedNotice]]>([:])

    var all: [(QueueID, PlannedNotice)] {
        byMessage.withLock { $0 }.sorted { $0.key < $1.key }.flatMap { id, notices in notices.map { (id, $0) } }
    }

    /// Messages whose sender is told.
    var toldSenders: Set<QueueID> {
        byMessage.withLock { notices in
            Set(notices.lazy.filter { $1.contains { $0.plan.purpose == .report } }.map(\.key))
        }
    }

    func set(_ notices: [PlannedNotice], about id: QueueID) {
        byMessage.withLock { $0[id] = notices }
    }
}
