import Mail
import TestKit

@testable import Delivery
@testable import Spool

/// What survives the relay: committed messages, and the journal of final dots, which survives the process but not a
/// power cut.
final class SimulatedDisk {
    private var contents = SpoolContents()
    private(set) var lastID = QueueID(rawValue: 0)
    /// Messages whose final dot may have been sent.
    var dots: Set<QueueID> = []
    /// Operators' overrides of the upstreams.
    var overrides: [String: AdminOverride] = [:]
    /// Ages of messages, for the next life of the relay.
    var ages: MessageAges?
    /// Whether commits fail.
    var isBroken = false
    private let oracle: Oracle

    init(_ oracle: Oracle) {
        self.oracle = oracle
    }

    var messages: [QueueID: SpoolContents.Stored] { contents.messages }

    /// A group commit, all or nothing.
    ///
    /// - Returns: for each change, whether its message existed.
    func commit(_ group: [SpoolContents.Change]) -> [Bool] {
        group.map { apply($0) }
    }

    private func apply(_ change: SpoolContents.Change) -> Bool {
        guard contents.apply(change) else { return false }
        switch change {
        case .insert(let message, _):
            lastID = max(lastID, message.id)
            oracle.inserted(message.id)
        case .begin: break
        case .settle(let settlement): oracle.settled(settlement.id, settlement.recipients)
        case .remove(let id): oracle.removed(id)
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
            contents.update(message.id) { $0 = closed }
            oracle.settled(message.id, closed.recipients)
        }
        dots = []
    }

    /// Messages with work to do, by queue ID.
    var schedule: [ScheduledMessage] {
        messages.values.map(\.message).sorted { $0.id < $1.id }.compactMap { message in
            let due = DueState(message.recipients)
            return due.nextAttemptAt.map {
                ScheduledMessage(
                    id: message.id, dueAt: $0, priority: message.priority,
                    inDoubt: due.flags & DueState.inDoubtFlag != 0)
            }
        }
    }
}
