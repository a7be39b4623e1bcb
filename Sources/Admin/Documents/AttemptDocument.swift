internal import Mail
package import Spool

/// One line of a message's ledger; property names match the JSON.
package struct AttemptDocument: Hashable, Sendable, Codable {
    package var upstream: String
    /// RFC 3339.
    package var startedAt: String
    package var endedAt: String
    /// Addresses.
    package var recipients: [String]
    /// `delivered`, `deferred`, `failed` or `in_doubt`.
    package var outcome: String
    /// The phase the session reached.
    package var phase: String
    package var reply: String
    /// Version and cipher of the connection; nil for a plain one.
    package var tls: String?
    /// Whether the final dot had been written, so that the upstream may have accepted the mail; nil if unknown.
    package var dotSent: Bool?

    package enum CodingKeys: String, CodingKey {
        case upstream, recipients, outcome, phase, reply, tls
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case dotSent = "dot_sent"
    }

    /// - Parameter addresses: all recipients of the message, in order.
    package init(_ record: AttemptRecord, addresses: [String]) {
        upstream = record.upstream
        startedAt = record.startedAt.rfc3339
        endedAt = record.endedAt.rfc3339
        recipients = record.recipients.compactMap { addresses.indices.contains($0) ? addresses[$0] : nil }
        outcome = record.outcome.rawValue
        phase = record.phase
        reply = record.reply
        tls = record.tls
        dotSent = record.dotSent
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(endedAt, forKey: .endedAt)
        try container.encode(recipients, forKey: .recipients)
        try container.encode(outcome, forKey: .outcome)
        try container.encode(phase, forKey: .phase)
        try container.encode(reply, forKey: .reply)
        try container.encode(tls, forKey: .tls)
        try container.encode(dotSent, forKey: .dotSent)
    }
}

/// The current attempt; property names match the JSON.
package struct OpenAttemptDocument: Hashable, Sendable, Codable {
    package var upstream: String
    /// RFC 3339.
    package var startedAt: String
    /// Addresses.
    package var recipients: [String]

    package enum CodingKeys: String, CodingKey {
        case upstream, recipients
        case startedAt = "started_at"
    }

    /// - Parameter addresses: all recipients of the message, in order.
    package init(_ attempt: OpenAttempt, addresses: [String]) {
        upstream = attempt.upstream
        startedAt = attempt.startedAt.rfc3339
        recipients = attempt.recipients.compactMap { addresses.indices.contains($0) ? addresses[$0] : nil }
    }
}
