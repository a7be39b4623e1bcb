internal import Mail
internal import NIOCore
internal import Spool

/// An event in the outbox, as listings show it; property names match the JSON. Every name is always present.
package struct WebhookEventDocument: Codable, Hashable, Sendable {
    /// For `resend` and `drop`.
    package let number: Int
    /// As the receiver knows it.
    package let id: String
    /// `waiting` or `dead`.
    package let state: String
    package let type: String
    package let queueID: String
    package let recipient: String
    /// RFC 3339.
    package let recordedAt: String
    /// Failed ones.
    package let attempts: Int
    /// RFC 3339; nil for one that is dead or was never tried.
    package let nextAttemptAt: String?
    /// What went wrong last.
    package let reason: String?

    private enum CodingKeys: String, CodingKey {
        case number, id, state, type, recipient, attempts, reason
        case queueID = "queue_id"
        case recordedAt = "recorded_at"
        case nextAttemptAt = "next_attempt_at"
    }

    /// What is shown of a body.
    private struct Body: Decodable {
        struct Data: Decodable {
            let recipient: String
        }

        let type: String
        let data: Data
    }

    /// - Parameter wall: the system's time of a steady one.
    init(_ entry: OutboxEntry, wall: (Timestamp) -> Timestamp) throws {
        let body = try AdminJSON.decode(Body.self, from: ByteBuffer(bytes: entry.payload))
        number = entry.number
        id = entry.id
        state = entry.isDead ? "dead" : "waiting"
        type = body.type
        queueID = "\(entry.message)"
        recipient = body.data.recipient
        recordedAt = wall(entry.at).rfc3339
        attempts = entry.attempts
        nextAttemptAt = entry.isDead || entry.attempts == 0 ? nil : wall(entry.notBefore).rfc3339
        reason = entry.reason
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encode(id, forKey: .id)
        try container.encode(state, forKey: .state)
        try container.encode(type, forKey: .type)
        try container.encode(queueID, forKey: .queueID)
        try container.encode(recipient, forKey: .recipient)
        try container.encode(recordedAt, forKey: .recordedAt)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(nextAttemptAt, forKey: .nextAttemptAt)
        try container.encode(reason, forKey: .reason)
    }
}
