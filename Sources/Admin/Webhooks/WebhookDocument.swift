internal import Mail
internal import Outbound
internal import Spool
internal import Webhooks

/// A webhook, as listings show it; property names match the JSON. Every name is always present.
package struct WebhookDocument: Codable, Hashable, Sendable {
    package let name: String
    /// Without its path; nil if relay.conf no longer names the webhook.
    package let receiver: String?
    /// Empty if relay.conf no longer names it.
    package let events: [String]
    /// Empty for all mail.
    package let users: [String]
    /// Names or patterns; empty for all mail.
    package let streams: [String]
    package let waiting: Int
    package let dead: Int
    package let bytes: Int
    /// Failures in a row; 0 while the receiver works.
    package let failures: Int
    /// What went wrong last; nil while the receiver works.
    package let reason: String?
    /// RFC 3339; nil while the receiver works, or is being tried.
    package let nextAttemptAt: String?

    private enum CodingKeys: String, CodingKey {
        case name, receiver, events, users, streams, waiting, dead, bytes, failures, reason
        case nextAttemptAt = "next_attempt_at"
    }

    /// - Parameter wall: the system's time of a steady one.
    init(
        _ name: String, _ settings: WebhookSettings?, _ sum: OutboxSum, _ status: WebhookStatus,
        wall: (Timestamp) -> Timestamp
    ) {
        self.name = name
        receiver = settings.map { "\($0.url)" }
        events = settings?.events.map(\.rawValue) ?? []
        users = settings?.users ?? []
        streams = settings?.streams ?? []
        (waiting, dead, bytes) = (sum.waiting, sum.dead, sum.octets)
        (failures, reason) = (status.failures, status.reason)
        nextAttemptAt = status.nextAttemptAt.map { wall($0).rfc3339 }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(receiver, forKey: .receiver)
        try container.encode(events, forKey: .events)
        try container.encode(users, forKey: .users)
        try container.encode(streams, forKey: .streams)
        try container.encode(waiting, forKey: .waiting)
        try container.encode(dead, forKey: .dead)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(failures, forKey: .failures)
        try container.encode(reason, forKey: .reason)
        try container.encode(nextAttemptAt, forKey: .nextAttemptAt)
    }
}
