internal import Mail
internal import NIOCore
internal import Spool

/// Who waits for the answer to a request.
struct Asker {
    let port: SpoolPort
    let ticket: UInt64

    init(port: SpoolPort, ticket: UInt64) {
        (self.port, self.ticket) = (port, ticket)
    }

    /// Nil without a ticket: nobody waits.
    init?(_ port: SpoolPort, _ ticket: UInt64?) {
        guard let ticket else { return nil }
        self.init(port: port, ticket: ticket)
    }
}

/// Where the content of a message goes.
struct Placement {
    /// Octets of the wire form.
    let octets: Int
    let checksum: UInt64
    /// By which name it is in the table `chunk`; nil if it goes into the row.
    let chunks: Int?
    /// Whether its chunks have been stored part by part, as those of a stream.
    var isStreamed = false
    /// The content as received, if it is kept in memory for the first attempt.
    let kept: [ByteBuffer]?
}

/// A message that waits for its commit. A class, so that it goes from the change to the effect without a copy.
final class Arrival {
    let new: NewMessage
    let placement: Placement
    let asker: Asker?

    init(_ new: NewMessage, _ placement: Placement, _ asker: Asker?) {
        (self.new, self.placement, self.asker) = (new, placement, asker)
    }
}

/// Octets of a stream that wait for their commit.
struct StreamPart {
    let name: ContentStream
    /// By which name they are stored.
    let content: Int
    /// Number of the first chunk of them.
    let first: Int
    let bytes: ByteBuffer
}

/// Notices of a settlement, once they are written: a group that is repeated does not write them again.
final class WrittenNotices {
    var arrivals: [Arrival]?
}

/// A change that is repeated until it is durable, before anything later about the same message.
enum Outcome {
    indirect case settle(Settlement, WrittenNotices)
    case quarantine(QueueID, String)

    var id: QueueID {
        switch self {
        case .settle(let settlement, _): settlement.id
        case .quarantine(let id, _): id
        }
    }
}

/// Changes of the outbox, and who waits for them.
struct EventOrder: Sendable {
    var updates: [OutboxUpdate]
    /// Events concerned by the parts of it that are durable.
    var count = 0
    let done: @Sendable (Result<Int, SpoolError>) -> Void
}

/// A change that waits for its commit.
enum GroupChange {
    case insert(Arrival)
    case part(StreamPart)
    /// A stream is given up: what is stored of it goes.
    case abandon(content: Int)
    indirect case begin(QueueID, OpenAttempt, SpoolPort)
    case outcome(Outcome, Asker?)
    indirect case change([QueueID], MessageChange, Asker)
    case events(EventOrder)

    /// Whether the database grows with it for the sake of new mail: a group that failed is tried once more without it.
    var needsRoom: Bool {
        switch self {
        case .insert, .part: true
        case .events(let order): order.updates.contains(where: \.needsRoom)
        case .abandon, .begin, .outcome, .change: false
        }
    }
}

extension GroupChange {
    /// Whether it changes one of these messages.
    func isAbout(_ ids: Set<QueueID>) -> Bool {
        guard !ids.isEmpty else { return false }
        switch self {
        case .insert, .part, .abandon, .events: return false
        case .begin(let id, _, _): return ids.contains(id)
        case .outcome(let outcome, _): return ids.contains(outcome.id)
        case .change(let changed, _, _): return !ids.isDisjoint(with: changed)
        }
    }
}

/// What one change has done within the transaction, with all that is to be told, and to whom, once that is durable.
enum GroupEffect {
    case inserted(Arrival)
    /// Answered with this, and not stored.
    indirect case notInserted(Arrival, SpoolCompletion)
    case part(StreamPart)
    case abandoned
    case began(QueueID, SpoolPort, isFound: Bool)
    indirect case settled(QueueID, Asker?, isFound: Bool, gone: Int?, notices: [Arrival])
    case quarantined
    indirect case changed([SpooledMessage?], Asker, gone: [Int], notices: [Arrival])
}
