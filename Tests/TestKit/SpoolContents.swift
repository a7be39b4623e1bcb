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

        package var id: QueueID {
            switch self {
            case .insert(let message, _): message.id
            case .begin(let id, _): id
            case .settle(let settlement): settlement.id
            }
        }
    }

    /// A notice, and what it says.
    package typealias Notice = (message: SpooledMessage, content: ByteBuffer)

    package private(set) var messages: [QueueID: Stored] = [:]
    /// Completed attempts of messages still in the spool, or that left with a failure.
    package private(set) var ledger: [QueueID: [AttemptRecord]] = [:]

    /// Recipients of the messages that left with a failure.
    package private(set) var last: [QueueID: [Recipient]] = [:]

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
            return settle(settlement)
        }
    }

    private mutating func settle(_ settlement: Settlement) -> Bool {
        let isFound = update(settlement.id) { message in
            message.recipients = settlement.recipients
            message.cycles = settlement.cycles
            message.boundUpstream = settlement.boundUpstream
            message.releaseAt = settlement.releaseAt ?? message.releaseAt
            message.openAttempt = nil
        }
        guard isFound else { return false }
        if settlement.isLast {
            messages[settlement.id] = nil
            guard settlement.recipients.contains(where: { $0.state != .delivered }) else {
                ledger[settlement.id] = nil
                return true
            }
            last[settlement.id] = settlement.recipients
        }
        if let attempt = settlement.attempt { ledger[settlement.id, default: []].append(attempt) }
        return true
    }

    /// Changes waiting messages as the spool does.
    ///
    /// - Returns: the messages as they were, and their new states with the notices to insert.
    package mutating func change(
        _ ids: [QueueID], _ change: MessageChange
    ) -> (found: [SpooledMessage?], settled: [(settlement: Settlement, notices: [Notice])]) {
        var settled: [(settlement: Settlement, notices: [Notice])] = []
        let found = ids.map { messages[$0]?.message }
        for case let message? in found {
            guard let settlement = change.settlement(message) else { continue }
            let notices = notices(of: settlement)
            _ = settle(settlement)
            settled.append((settlement, notices))
        }
        return (found, settled)
    }

    /// Writes the notices of a settlement before it is applied; they are committed with it.
    package func notices(of settlement: Settlement) -> [Notice] {
        guard let stored = messages[settlement.id] else { return [] }
        return settlement.notices.map { request in
            let new = request.write(OriginalContent(bytes: stored.content, isWhole: true))
            var content = new.header
            if case .whole(let body) = new.content { content.writeImmutableBuffer(body) }
            return (new.message, content)
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
