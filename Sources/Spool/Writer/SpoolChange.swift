internal import Mail

/// Who waits for the answer to a request.
struct SpoolAsker {
    let port: SpoolPort
    let ticket: UInt64

    init(port: SpoolPort, ticket: UInt64) {
        self.port = port
        self.ticket = ticket
    }

    /// Nil without a ticket: nobody waits.
    init?(_ port: SpoolPort, _ ticket: UInt64?) {
        guard let ticket else { return nil }
        self.init(port: port, ticket: ticket)
    }
}

/// A message that waits for its commit.
///
/// A class, so that it goes from the change to the effect without a copy.
final class PendingInsert {
    let new: NewMessage
    let placed: PlacedContent
    let asker: SpoolAsker

    init(_ new: NewMessage, _ placed: PlacedContent, _ asker: SpoolAsker) {
        self.new = new
        self.placed = placed
        self.asker = asker
    }
}

/// A notice that waits for the commit of its cause.
struct PendingNotice {
    let new: NewMessage
    let placed: PlacedContent
}

/// A change waiting for its commit.
enum SpoolChange {
    case insert(PendingInsert)
    indirect case begin(QueueID, OpenAttempt, SpoolPort)
    case outcome(SpoolOutcome, SpoolAsker?)
    indirect case change([QueueID], MessageChange, SpoolAsker)
    indirect case relocate(Relocation, from: Int)
    indirect case outbox(OutboxOrder)

    var isInsert: Bool {
        switch self {
        case .insert: true
        case .begin, .outcome, .change, .relocate, .outbox: false
        }
    }

    /// Whether a group that failed is tried once more without it.
    var needsRoom: Bool {
        switch self {
        case .insert, .relocate: true
        case .outbox(let order): order.needsRoom
        case .begin, .outcome, .change: false
        }
    }
}

/// A change that is repeated until it is durable, before anything later about the same message.
enum SpoolOutcome {
    indirect case settle(Settlement, [PendingNotice])
    case quarantine(QueueID, String)

    var id: QueueID {
        switch self {
        case .settle(let settlement, _): settlement.id
        case .quarantine(let id, _): id
        }
    }
}

/// What one change has done within the transaction, with all that is to be told, and to whom, once that is durable.
enum SpoolEffect {
    case inserted(PendingInsert, Insertion)
    case began(QueueID, SpoolPort, isFound: Bool)
    indirect case settled(QueueID, SpoolAsker?, Settled, [PendingNotice])
    case quarantined
    indirect case changed([ChangeEffect], SpoolAsker)
    indirect case relocated(Relocation, from: Int, isMoved: Bool)
    /// - count: of events concerned, in all parts up to this one.
    indirect case outbox(OutboxOrder, count: Int, rest: [OutboxUpdate])
}

/// What a change has done to one message.
struct ChangeEffect {
    /// As it was; nil if it is not in the spool.
    let found: SpooledMessage?
    let settled: Settled
    let notices: [PendingNotice]
}

extension SpoolDatabase {
    /// - Returns: those that were not there yet.
    private func insert(_ notices: [PendingNotice]) throws(SpoolError) -> [PendingNotice] {
        var inserted: [PendingNotice] = []
        for notice in notices {
            if case .done = try insert(notice.new, notice.placed) { inserted.append(notice) }
        }
        return inserted
    }

    /// Applies a change within a transaction.
    func apply(_ change: SpoolChange) throws(SpoolError) -> SpoolEffect {
        switch change {
        case .insert(let insert):
            return .inserted(insert, try self.insert(insert.new, insert.placed))
        case .begin(let id, let attempt, let port):
            return .began(id, port, isFound: try begin(id, attempt))
        case .outcome(let outcome, let asker):
            return try apply(outcome, asker)
        case .change: preconditionFailure("the writer applies changes, since it writes their notices")
        case .relocate(let relocation, let segment):
            return .relocated(relocation, from: segment, isMoved: try relocate(relocation))
        case .outbox(let order):
            return try apply(order)
        }
    }

    /// As much of it as one commit may hold.
    private func apply(_ order: OutboxOrder) throws(SpoolError) -> SpoolEffect {
        var (count, rest): (Int, [OutboxUpdate]) = (order.count, [])
        guard let outbox else { return .outbox(order, count: count, rest: rest) }
        for update in order.updates {
            let part = try outbox.apply(update)
            count += part.count
            if let left = part.rest { rest.append(left) }
        }
        return .outbox(order, count: count, rest: rest)
    }

    /// - Parameter write: writes the notices of a settlement.
    func apply(
        _ change: MessageChange, to id: QueueID, write: ([NoticeRequest]) -> [PendingNotice]
    ) throws(SpoolError) -> ChangeEffect {
        guard let found = try queries.row(id)?.message else {
            return ChangeEffect(found: nil, settled: .missing, notices: [])
        }
        guard let settlement = change.settlement(found) else {
            return ChangeEffect(found: found, settled: .kept, notices: [])
        }
        let notices = write(settlement.notices)
        let settled = try settle(settlement, found)
        return ChangeEffect(found: found, settled: settled, notices: try insert(notices))
    }

    private func apply(_ outcome: SpoolOutcome, _ asker: SpoolAsker?) throws(SpoolError) -> SpoolEffect {
        switch outcome {
        case .settle(let settlement, let notices):
            let settled = try settle(settlement)
            guard settled.isFound else { return .settled(settlement.id, asker, settled, []) }
            return .settled(settlement.id, asker, settled, try insert(notices))
        case .quarantine(let id, let reason):
            try quarantine(id, reason)
            return .quarantined
        }
    }
}
