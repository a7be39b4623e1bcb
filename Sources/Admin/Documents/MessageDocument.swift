internal import Mail
package import Spool
internal import Upstreams

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
    /// Of the first recipient in that state, like the next three.
    package var route: String
    package var stream: String
    package var failureClass: String?
    package var holdReason: String?
    /// Who handed it in; nil if nobody had logged in.
    package var user: String?
    /// Name of the round trip that it is a probe of; nil for all other mail.
    package var probe: String?
    package var recipients: [RecipientDocument]

    package enum CodingKeys: String, CodingKey {
        case size, sender, priority, state, route, stream, user, probe, recipients
        case failureClass = "class"
        case holdReason = "hold_reason"
        case queueID = "queue_id"
        case messageID = "message_id"
        case receivedAt = "received_at"
    }

    /// All recipient states; a message has the first one that any of its recipients has.
    package static let states = [
        "delivering", "in_doubt", "queued", "deferred", "scheduled", "held", "failed", "delivered",
    ]

    package init(
        _ message: SpooledMessage, outlook: QueueOutlook = .unknown, places: QueuePlaces = .unknown
    ) {
        queueID = message.id.description
        messageID = message.messageID
        receivedAt = message.receivedAt.rfc3339
        size = message.size
        sender = message.sender.description
        priority = message.priority.name
        let running = message.openAttempt?.recipients ?? []
        recipients = message.recipients.enumerated().map { index, recipient in
            RecipientDocument(
                recipient, attempt: running.contains(index) ? message.openAttempt : nil,
                wait: outlook.wait(of: recipient, in: message), route: places.route(of: recipient, in: message))
        }
        let shown = Self.states.lazy.compactMap { [recipients] state in recipients.first { $0.state == state } }.first
        state = shown?.state ?? "delivered"
        route = shown?.route ?? RouteTable.defaultName
        let place = recipients.firstIndex { $0.state == shown?.state }
        stream = places.stream(of: place.map { message.recipients[$0] }, in: message)
        failureClass = shown?.failureClass
        holdReason = shown?.holdReason
        user = message.user
        probe = message.probe?.trip
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(queueID, forKey: .queueID)
        try container.encode(messageID, forKey: .messageID)
        try container.encode(receivedAt, forKey: .receivedAt)
        try container.encode(size, forKey: .size)
        try container.encode(sender, forKey: .sender)
        try container.encode(priority, forKey: .priority)
        try container.encode(state, forKey: .state)
        try container.encode(route, forKey: .route)
        try container.encode(stream, forKey: .stream)
        try container.encode(failureClass, forKey: .failureClass)
        try container.encode(holdReason, forKey: .holdReason)
        try container.encode(user, forKey: .user)
        try container.encode(probe, forKey: .probe)
        try container.encode(recipients, forKey: .recipients)
    }
}
