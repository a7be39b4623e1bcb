internal import Mail
package import Spool

/// Makes records of messages that leave.
package struct HistoryRecorder: Sendable {
    /// Where a recipient belongs: its route and its stream.
    package typealias Places = @Sendable (Recipient, SpooledMessage) -> (route: String, stream: String)

    private let places: Places
    private let hashed: HistoryAddress?

    /// - Parameter hashed: makes hashes of addresses; nil to keep them as they are.
    package init(places: @escaping Places, hashed: HistoryAddress? = nil) {
        self.places = places
        self.hashed = hashed
    }

    package func record(_ departure: Departure) -> HistoryRecord {
        let message = departure.message
        var record = HistoryRecord(
            queueID: message.id, receivedAt: message.receivedAt, finishedAt: departure.at, size: message.size,
            sender: message.sender.address.map { address($0.text) } ?? "", messageID: message.messageID,
            user: message.user, recipients: [])
        record.probe = message.probe?.trip
        record.recipients.reserveCapacity(message.recipients.count)
        let times = times(of: departure)
        for (index, recipient) in message.recipients.enumerated() {
            let isDropped = departure.dropped.contains(index) || Self.isDroppedProbe(recipient, of: message)
            record.recipients.append(self.recipient(recipient, in: message, times[index], isDropped, departure.at))
        }
        return record
    }

    private func recipient(
        _ recipient: Recipient, in message: SpooledMessage, _ times: Times, _ isDropped: Bool, _ end: Timestamp
    ) -> HistoryRecord.Recipient {
        let (route, stream) = places(recipient, message)
        let isSuppressed = Self.isSuppressed(recipient)
        let outcome: HistoryOutcome =
            isDropped || isSuppressed ? .dropped : recipient.state == .delivered ? .delivered : .failed
        return HistoryRecord.Recipient(
            address: address(recipient.address.text), outcome: outcome,
            failureClass: outcome == .failed || isSuppressed ? recipient.failureClass : nil,
            upstream: recipient.upstream, route: route, stream: stream,
            reply: recipient.lastReply.map { hashed == nil ? $0 : HistoryAddress.withoutAddresses($0) },
            attempts: recipient.attempts, firstAttemptAt: times.first, finishedAt: isDropped ? end : times.last ?? end)
    }

    /// What the reply of a recipient begins with that the relay's own suppression list has dropped: an upstream's list fails
    /// it.
    private static let suppressionMark = "dropped: "

    /// The relay has ended it without a verdict.
    private static func isDroppedProbe(_ recipient: Recipient, of message: SpooledMessage) -> Bool {
        message.notice == .probe && recipient.state == .failed
            && recipient.lastReply?.hasPrefix(suppressionMark) ?? false
    }

    private static func isSuppressed(_ recipient: Recipient) -> Bool {
        recipient.failureClass == .suppressed && recipient.lastReply?.hasPrefix(suppressionMark) ?? false
    }

    private func address(_ text: String) -> String { hashed?.hashed(text) ?? text }

    /// When a recipient was tried first, and when its outcome came; nil if no attempt says.
    private struct Times {
        var first: Timestamp?
        var last: Timestamp?
    }

    private func times(of departure: Departure) -> [Times] {
        var times = [Times](repeating: Times(), count: departure.message.recipients.count)
        for attempt in departure.attempts {
            for index in attempt.recipients where times.indices.contains(index) {
                times[index].first = times[index].first ?? attempt.startedAt
                switch attempt.outcome {
                case .delivered, .failed: times[index].last = attempt.endedAt
                case .deferred, .inDoubt: break
                }
            }
        }
        return times
    }
}
