package import Mail
package import NIOCore
package import Spool

/// The contents of an in-memory spool, and the effect of each change: the one model behind ``FaultySpool`` and the
/// simulation's spool.
package struct SpoolContents {
    package struct Stored {
        package var message: SpooledMessage
        package let content: ByteBuffer
    }

    /// A change waiting for its commit.
    package enum Change {
        case insert(SpooledMessage, ByteBuffer)
        case begin(QueueID, OpenAttempt)
        case settle(Settlement)
        case remove(QueueID)

        package var id: QueueID {
            switch self {
            case .insert(let message, _): message.id
            case .begin(let id, _), .remove(let id): id
            case .settle(let settlement): settlement.id
            }
        }
    }

    package private(set) var messages: [QueueID: Stored] = [:]
    /// Completed attempts of messages still in the spool.
    package private(set) var ledger: [QueueID: [AttemptRecord]] = [:]

    package init() {}

    /// - Returns: whether its message existed.
    package mutating func apply(_ change: Change) -> Bool {
        switch change {
        case .insert(let message, let content):
            messages[message.id] = Stored(message: message, content: content)
            return true
        case .begin(let id, let attempt):
            return update(id) { $0.openAttempt = attempt }
        case .settle(let settlement):
            let isFound = update(settlement.id) { message in
                message.recipients = settlement.recipients
                message.cycles = settlement.cycles
                message.openAttempt = nil
            }
            if isFound, let attempt = settlement.attempt { ledger[settlement.id, default: []].append(attempt) }
            return isFound
        case .remove(let id):
            ledger[id] = nil
            return messages.removeValue(forKey: id) != nil
        }
    }

    /// - Returns: whether the message exists.
    @discardableResult
    package mutating func update(_ id: QueueID, _ body: (inout SpooledMessage) -> Void) -> Bool {
        guard messages[id] != nil else { return false }
        body(&messages[id]!.message)
        return true
    }
}
