package import Delivery
package import Mail
package import NIOCore

/// The result of an order for one message; property names match the JSON.
package struct QueueOrderLine: Hashable, Sendable, Codable {
    package var queueID: String
    /// `done`, `unchanged`, `missing`, `busy`, `unrecorded` or `stopping`.
    package var result: String
    /// Why it is not done, for people; nil if it is.
    package var reason: String?
    /// Whether its sender is told of it.
    package var told: Bool

    package enum CodingKeys: String, CodingKey {
        case result, reason, told
        case queueID = "queue_id"
    }

    package init(_ id: QueueID, _ result: QueueOrderResult) {
        queueID = id.description
        told = result == .doneAndTold
        (self.result, reason) =
            switch result {
            case .done, .doneAndTold: ("done", nil)
            case .unchanged(let why): ("unchanged", why)
            case .missing: ("missing", "no such message in the queue")
            case .ended(delivered: true): ("missing", "delivered meanwhile")
            case .ended(delivered: false): ("missing", "failed meanwhile, and is gone")
            case .busy: ("busy", "an attempt is in progress; try again when it has ended")
            case .unrecorded(let why): ("unrecorded", "not on disk until the spool can be written: \(why)")
            case .stopping: ("stopping", "the relay is stopping; try again when it is running")
            }
    }

    /// A message for which the order could not be recorded, and so was not carried out.
    init(_ id: QueueID, unaudited reason: String) {
        (queueID, result, self.reason, told) = (id.description, "unrecorded", reason, false)
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(queueID, forKey: .queueID)
        try container.encode(result, forKey: .result)
        try container.encode(reason, forKey: .reason)
        try container.encode(told, forKey: .told)
    }

    /// The line for a message that is done, as ``write(_:_:to:)`` writes it, apart from the ID.
    private static let done = (head: "{\"queue_id\":\"", tail: "\",\"reason\":null,\"result\":\"done\",\"told\":false}")

    /// Appends the line of JSON with its end; bulk orders have one for each message.
    static func write(_ id: QueueID, _ result: QueueOrderResult, to lines: inout ByteBuffer) throws {
        guard result == .done else { return _ = lines.writeString(try AdminJSON.line(QueueOrderLine(id, result))) }
        lines.writeString(done.head)
        lines.writeString(id.description)
        lines.writeString(done.tail)
        lines.writeString("\n")
    }

    /// Whether a line says that its message is done and nobody is told, without parsing it.
    package static func isDone(_ line: ByteBuffer) -> Bool {
        line.readableBytesView.suffix(done.tail.utf8.count).elementsEqual(done.tail.utf8)
    }
}
