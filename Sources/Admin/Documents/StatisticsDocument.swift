package import Mail
package import Spool

/// Number of messages that match a filter; property names match the JSON.
package struct CountDocument: Hashable, Sendable, Codable {
    package var messages: Int

    package init(messages: Int) {
        self.messages = messages
    }
}

/// Totals over the spool, as in `queue stats --json`; property names match the JSON.
package struct StatisticsDocument: Hashable, Sendable, Codable {
    package var messages: Int
    package var recipients: Int
    /// Octets of all messages in wire form.
    package var bytes: Int
    /// nil if there is no message.
    package var oldestAgeSeconds: Int?
    /// Number of recipients per state; every state is present.
    package var byState: [String: Int]

    package enum CodingKeys: String, CodingKey {
        case messages, recipients, bytes
        case oldestAgeSeconds = "oldest_age_seconds"
        case byState = "by_state"
    }

    package init(_ statistics: SpoolStatistics, at now: Timestamp) {
        messages = statistics.messages
        recipients = statistics.recipients
        bytes = statistics.octets
        oldestAgeSeconds = statistics.oldestReceivedAt.map { max(0, Int((now - $0).components.seconds)) }
        byState = Dictionary(uniqueKeysWithValues: MessageDocument.states.map { ($0, 0) })
        byState.merge(statistics.byState) { $1 }
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(messages, forKey: .messages)
        try container.encode(recipients, forKey: .recipients)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(oldestAgeSeconds, forKey: .oldestAgeSeconds)
        try container.encode(byState, forKey: .byState)
    }
}
