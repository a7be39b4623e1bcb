internal import Mail
package import Spool

/// One message as in `queue list --json`; property names match the JSON.
package struct MessageDocument: Hashable, Sendable, Codable {
    package var queueID: String
    package var messageID: String
    /// RFC 3339.
    package var receivedAt: String
    /// Octets of the message as sent.
    package var size: Int
    /// Empty for the null sender.
    package var sender: String
    /// `high`, `normal` or `bulk`.
    package var priority: String
    /// The most significant state of its recipients, by the order in ``states``.
    package var state: String
    package var recipients: [RecipientDocument]

    package enum CodingKeys: String, CodingKey {
        case size, sender, priority, state, recipients
        case queueID = "queue_id"
        case messageID = "message_id"
        case receivedAt = "received_at"
    }

    /// All recipient states; a message has the first one that any of its recipients has.
    package static let states = ["delivering", "in_doubt", "queued", "deferred", "held", "failed", "delivered"]

    package init(_ message: SpooledMessage, outlook: QueueOutlook = .unknown) {
        queueID = message.id.description
        messageID = message.messageID
        receivedAt = message.receivedAt.rfc3339
        size = message.size
        sender = message.sender.description
        priority = message.priority.name
        let running = Set(message.openAttempt?.recipients ?? [])
        recipients = message.recipients.enumerated().map { index, recipient in
            RecipientDocument(
                recipient, attempt: running.contains(index) ? message.openAttempt : nil,
                wait: outlook.wait(of: recipient, in: message))
        }
        let present = Set(recipients.map(\.state))
        state = Self.states.first(where: present.contains) ?? "delivered"
    }
}
