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

/// A change waiting for its commit.
enum SpoolChange {
    case insert(PendingInsert)
    indirect case begin(QueueID, OpenAttempt, SpoolPort)
    case outcome(SpoolOutcome, SpoolAsker?)
    indirect case relocate(Relocation, from: Int)

    var isInsert: Bool {
        switch self {
        case .insert: true
        case .begin, .outcome, .relocate: false
        }
    }

    /// Whether a group that failed is tried once more without it.
    var needsRoom: Bool {
        switch self {
        case .insert, .relocate: true
        case .begin, .outcome: false
        }
    }
}

/// A change that is repeated until it is durable, before anything later about the same message.
enum SpoolOutcome {
    indirect case settle(Settlement)
    case remove(QueueID)
    case quarantine(QueueID, String)

    var id: QueueID {
        switch self {
        case .settle(let settlement): settlement.id
        case .remove(let id), .quarantine(let id, _): id
        }
    }
}

/// What one change has done within the transaction, with all that is to be told, and to whom, once that is durable.
enum SpoolEffect {
    case inserted(PendingInsert, Insertion)
    case began(QueueID, SpoolPort, isFound: Bool)
    case settled(QueueID, SpoolAsker?, isFound: Bool)
    case removed(QueueID, SpoolAsker?, RemovedRow?)
    case quarantined
    indirect case relocated(Relocation, from: Int, isMoved: Bool)
}

extension SpoolDatabase {
    /// Applies a change within a transaction.
    func apply(_ change: SpoolChange) throws(SpoolError) -> SpoolEffect {
        switch change {
        case .insert(let insert):
            return .inserted(insert, try self.insert(insert.new, insert.placed))
        case .begin(let id, let attempt, let port):
            return .began(id, port, isFound: try begin(id, attempt))
        case .outcome(let outcome, let asker):
            return try apply(outcome, asker)
        case .relocate(let relocation, let segment):
            return .relocated(relocation, from: segment, isMoved: try relocate(relocation))
        }
    }

    private func apply(_ outcome: SpoolOutcome, _ asker: SpoolAsker?) throws(SpoolError) -> SpoolEffect {
        switch outcome {
        case .settle(let settlement):
            return .settled(settlement.id, asker, isFound: try settle(settlement))
        case .remove(let id):
            return .removed(id, asker, try remove(id))
        case .quarantine(let id, let reason):
            try quarantine(id, reason)
            return .quarantined
        }
    }
}
