import Delivery
import Mail
import NIOCore

@testable import Spool

/// What survives the relay: committed messages, and the journal of final dots, which survives the process but not a
/// power cut.
final class SimulatedDisk {
    struct Stored {
        var message: SpooledMessage
        let content: ByteBuffer
    }

    /// A change waiting for its commit.
    enum Change {
        case insert(SpooledMessage, ByteBuffer)
        case begin(QueueID, OpenAttempt)
        case settle(Settlement)
        case remove(QueueID)

        var id: QueueID {
            switch self {
            case .insert(let message, _): message.id
            case .begin(let id, _), .remove(let id): id
            case .settle(let settlement): settlement.id
            }
        }
    }

    private(set) var messages: [QueueID: Stored] = [:]
    private(set) var lastID = QueueID(rawValue: 0)
    /// Messages whose final dot may have been sent.
    var dots: Set<QueueID> = []
    /// Operators' overrides of the upstreams.
    var overrides: [String: AdminOverride] = [:]
    /// Whether commits fail.
    var isBroken = false
    private let oracle: Oracle

    init(_ oracle: Oracle) {
        self.oracle = oracle
    }

    /// A group commit, all or nothing.
    ///
    /// - Returns: for each change, whether its message existed.
    func commit(_ group: [Change]) -> [Bool] {
        group.map { apply($0) }
    }

    private func apply(_ change: Change) -> Bool {
        switch change {
        case .insert(let message, let content):
            messages[message.id] = Stored(message: message, content: content)
            lastID = max(lastID, message.id)
            oracle.inserted(message.id)
        case .begin(let id, let attempt):
            guard messages[id] != nil else { return false }
            messages[id]?.message.openAttempt = attempt
        case .settle(let settlement):
            guard messages[settlement.id] != nil else { return false }
            messages[settlement.id]?.message.recipients = settlement.recipients
            messages[settlement.id]?.message.cycles = settlement.cycles
            messages[settlement.id]?.message.openAttempt = nil
            oracle.settled(settlement.id, settlement.recipients)
        case .remove(let id):
            guard messages.removeValue(forKey: id) != nil else { return false }
            oracle.removed(id)
        }
        return true
    }

    /// What happens when the spool is reopened.
    func recover(afterPowerCut: Bool) {
        let evidence = afterPowerCut ? DotJournal.Evidence.none : .exactly(dots)
        let open = messages.values.map(\.message).filter { $0.openAttempt != nil }.sorted { $0.id < $1.id }
        oracle.crashed(open: open.filter { evidence.allowsDot(of: $0.id) })
        for message in open {
            let closed = message.interrupted(evidence)
            messages[message.id]?.message = closed
            oracle.settled(message.id, closed.recipients)
        }
        dots = []
    }

    /// Messages with work to do, by queue ID.
    var schedule: [ScheduledMessage] {
        messages.values.map(\.message).sorted { $0.id < $1.id }.compactMap { message in
            let due = DueState(message.recipients, receivedAt: message.receivedAt)
            return due.nextAttemptAt.map {
                ScheduledMessage(
                    id: message.id, dueAt: $0, priority: message.priority,
                    inDoubt: due.flags & DueState.inDoubtFlag != 0)
            }
        }
    }
}
