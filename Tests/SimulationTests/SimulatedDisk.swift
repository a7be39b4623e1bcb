import Mail
import NIOCore
import TestKit
import Upstreams

@testable import Delivery
@testable import Spool

/// What survives the relay: committed messages, and the journal of final dots, which survives the process but not a
/// power cut.
final class SimulatedDisk {
    enum Room: Hashable {
        case plenty
        /// New mail is refused; this many outcomes are written from the reserve.
        case reserve(Int)
        /// Nothing can be written.
        case none
    }

    /// A change waiting for its commit.
    enum Operation {
        case change(SpoolContents.Change)
        case order([QueueID], MessageChange)

        var isInsert: Bool {
            if case .change(.insert) = self { true } else { false }
        }
    }

    /// What an operation has done.
    struct Effect {
        var isFound = false
        /// By an order: the messages as they were.
        var found: [SpooledMessage?] = []
        /// Notices committed with it.
        var notices: [SpoolContents.Notice] = []
    }

    private var contents = SpoolContents()
    /// What is kept about messages that have left.
    private(set) var history: SimulatedHistory
    /// What applications are to be told.
    let outbox = SimulatedOutbox()
    private(set) var lastID = QueueID(rawValue: 0)
    /// Messages whose final dot may have been sent.
    var dots: Set<QueueID> = []
    /// Operators' overrides of the upstreams.
    var overrides: [String: AdminOverride] = [:]
    /// What upstreams with quotas have been given.
    var quotas: [String: QuotaRecord] = [:]
    /// What is known of streams.
    var streams = StreamMemory()
    /// Ages of messages, for the next life of the relay.
    var ages: MessageAges?
    /// New queue IDs are greater, as the relay sees to at its start.
    var floor: QueueID { max(lastID, ages?.last ?? lastID) }
    /// Whether there is room for what is committed.
    private(set) var room = Room.plenty
    private let oracle: Oracle

    init(_ oracle: Oracle, _ history: SimulatedHistory) {
        self.oracle = oracle
        self.history = history
    }

    var messages: [QueueID: SpoolContents.Stored] { contents.messages }

    var isFull: Bool { room != .plenty }

    func turn(_ room: Room) { self.room = room }

    /// Room for outcomes, taken from the reserve if nothing else is left.
    ///
    /// - Returns: whether there is any.
    func takeRoom(_ count: Int) -> Bool {
        switch room {
        case .plenty: return true
        case .none: return false
        case .reserve(let left):
            guard left >= count else { return false }
            room = .reserve(left - count)
            return true
        }
    }

    /// A group commit, all or nothing.
    func commit(_ group: [Operation]) -> [Effect] {
        group.map { operation in
            switch operation {
            case .change(let change): apply(change)
            case .order(let ids, let change): apply(change, to: ids)
            }
        }
    }

    private func apply(_ change: SpoolContents.Change) -> Effect {
        var effect = Effect()
        if case .settle(let settlement) = change {
            effect.notices = contents.notices(of: settlement)
            if let message = messages[settlement.id]?.message {
                outbox.add(settlement, of: message, at: oracle.present)
                record(settlement, of: message)
            }
        }
        effect.isFound = contents.apply(change)
        guard effect.isFound else { return effect }
        switch change {
        case .insert(let message, _): inserted(message)
        case .begin: break
        case .settle(let settlement):
            oracle.settled(settlement.id, settlement.recipients, notices: effect.notices)
            checkLeft(settlement)
        }
        insert(effect.notices)
        return effect
    }

    private func apply(_ change: MessageChange, to ids: [QueueID]) -> Effect {
        let ledger = contents.ledger
        let (found, settled) = contents.change(ids, change)
        let before = Dictionary(uniqueKeysWithValues: found.compactMap { $0 }.map { ($0.id, $0) })
        for (settlement, notices) in settled {
            if let message = before[settlement.id] {
                outbox.add(settlement, of: message, at: oracle.present)
                record(settlement, of: message, ledger)
            }
            if let message = before[settlement.id], oracle.isOverdue(settlement, message) {
                oracle.settled(settlement.id, settlement.recipients, notices: notices)
            } else {
                oracle.ordered(settlement, notices)
            }
            checkLeft(settlement)
        }
        let notices = settled.flatMap(\.notices)
        insert(notices)
        return Effect(isFound: true, found: found, notices: notices)
    }

    /// As the spool does it, in the commit that removes the message.
    private func record(
        _ settlement: Settlement, of message: SpooledMessage, _ ledger: [QueueID: [AttemptRecord]]? = nil
    ) {
        guard settlement.isLast else { return }
        let last = settlement.last ?? settlement.lastState(of: message)
        history.add(
            Departure(
                message: last.message, attempts: ((ledger ?? contents.ledger)[message.id] ?? []) + last.attempts,
                dropped: settlement.dropped(from: message), at: oracle.present))
    }

    private func checkLeft(_ settlement: Settlement) {
        if settlement.recipients.allSatisfy(\.isFinal), messages[settlement.id] != nil {
            oracle.problem("nothing is left to do for message \(settlement.id), and it is in the spool")
        }
    }

    private func insert(_ notices: [SpoolContents.Notice]) {
        for (message, content) in notices {
            oracle.noticed(message, wire: content)
            _ = contents.apply(.insert(message, content))
            inserted(message)
        }
    }

    private func inserted(_ message: SpooledMessage) {
        lastID = max(lastID, message.id)
        oracle.inserted(message.id)
    }

    /// What happens when the spool is reopened.
    func recover(afterPowerCut: Bool) {
        let evidence = afterPowerCut ? DotJournal.Evidence.none : .exactly(dots)
        let open = messages.values.map(\.message).filter { $0.openAttempt != nil }.sorted { $0.id < $1.id }
        oracle.crashed(open: open.filter { evidence.allowsDot(of: $0.id) })
        for message in open {
            let closed = message.interrupted(evidence)
            let settlement = Settlement(
                id: message.id, recipients: closed.recipients, cycles: closed.cycles, attempt: nil)
            outbox.add(settlement, of: message, at: oracle.present)
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
                    id: message.id, receivedAt: message.receivedAt, releaseAt: message.releaseAt, dueAt: $0,
                    priority: message.priority, flow: FlowKey(of: message),
                    inDoubt: due.flags & DueState.inDoubtFlag != 0,
                    isWarned: due.flags & DueState.warnedFlag != 0)
            }
        }
    }
}
