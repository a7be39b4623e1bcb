/// A group of recipients, as in `queue stats --by … --json`; property names match the JSON.
package struct GroupDocument: Hashable, Sendable, Codable {
    /// A ``QueueGrouping``.
    package var by: String
    /// What they have in common; nil for none, such as no upstream yet. With `age`, their domain.
    package var value: String?
    /// Messages with such a recipient.
    package var messages: Int
    package var recipients: Int
    /// Octets of these messages as sent.
    package var bytes: Int
    package var oldestAgeSeconds: Int
    /// With `age`, the recipients by ``AgeColumns``; else nil.
    package var ages: [String: Int]?

    package enum CodingKeys: String, CodingKey {
        case by, value, messages, recipients, bytes, ages
        case oldestAgeSeconds = "oldest_age_seconds"
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(by, forKey: .by)
        try container.encode(value, forKey: .value)
        try container.encode(messages, forKey: .messages)
        try container.encode(recipients, forKey: .recipients)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(ages, forKey: .ages)
        try container.encode(oldestAgeSeconds, forKey: .oldestAgeSeconds)
    }
}
