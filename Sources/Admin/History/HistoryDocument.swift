package import History
package import Mail

/// A message that has left, as in `history search --json`; property names match the JSON.
package struct HistoryDocument: Hashable, Sendable, Codable {
    /// What became of one recipient.
    package struct Recipient: Hashable, Sendable, Codable {
        /// Or its hash; nil once it has been erased.
        package var address: String?
        /// `delivered`, `failed` or `dropped`.
        package var outcome: String
        /// Of the last attempt; nil if there was none.
        package var upstream: String?
        package var reply: String?
        /// A `FailureClass`; nil unless it failed.
        package var failureClass: String?
        package var attempts: Int
        /// From acceptance to the outcome.
        package var seconds: Double
        package var route: String
        package var stream: String
        /// RFC 3339; nil without an attempt.
        package var firstAttemptAt: String?
        /// RFC 3339; when its outcome came.
        package var finishedAt: String

        package enum CodingKeys: String, CodingKey {
            case address, outcome, upstream, reply, attempts, seconds, route, stream
            case failureClass = "class"
            case firstAttemptAt = "first_attempt_at"
            case finishedAt = "finished_at"
        }

        /// Every name is always present; unknown values are null.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(address, forKey: .address)
            try container.encode(outcome, forKey: .outcome)
            try container.encode(upstream, forKey: .upstream)
            try container.encode(reply, forKey: .reply)
            try container.encode(failureClass, forKey: .failureClass)
            try container.encode(attempts, forKey: .attempts)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(route, forKey: .route)
            try container.encode(stream, forKey: .stream)
            try container.encode(firstAttemptAt, forKey: .firstAttemptAt)
            try container.encode(finishedAt, forKey: .finishedAt)
        }
    }

    package var queueID: String
    package var messageID: String
    /// RFC 3339.
    package var receivedAt: String
    /// RFC 3339; when it left.
    package var finishedAt: String
    package var size: Int
    /// Empty for the null sender.
    package var sender: String
    package var user: String?
    /// Name of the round trip that it is a probe of; nil for all other mail.
    package var probe: String?
    /// Of its first recipient.
    package var route: String?
    /// Of its first recipient.
    package var stream: String?
    package var recipients: [Recipient]
    /// For `--after`: the next page begins behind this message.
    package var cursor: Int

    package enum CodingKeys: String, CodingKey {
        case size, sender, user, probe, route, stream, recipients, cursor
        case queueID = "queue_id"
        case messageID = "message_id"
        case receivedAt = "received_at"
        case finishedAt = "finished_at"
    }

    package init(_ record: HistoryRecord, number: Int) {
        queueID = record.queueID.description
        messageID = record.messageID
        receivedAt = record.receivedAt.rfc3339
        finishedAt = record.finishedAt.rfc3339
        size = record.size
        sender = record.sender
        user = record.user
        probe = record.probe
        route = record.recipients.first?.route
        stream = record.recipients.first?.stream
        recipients = record.recipients.map { Recipient($0, receivedAt: record.receivedAt) }
        cursor = number
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(queueID, forKey: .queueID)
        try container.encode(messageID, forKey: .messageID)
        try container.encode(receivedAt, forKey: .receivedAt)
        try container.encode(finishedAt, forKey: .finishedAt)
        try container.encode(size, forKey: .size)
        try container.encode(sender, forKey: .sender)
        try container.encode(user, forKey: .user)
        try container.encode(probe, forKey: .probe)
        try container.encode(route, forKey: .route)
        try container.encode(stream, forKey: .stream)
        try container.encode(recipients, forKey: .recipients)
        try container.encode(cursor, forKey: .cursor)
    }
}

extension HistoryDocument {
    /// Why nobody can have the content of a message that the history has.
    package static func noContent(_ id: QueueID) -> String {
        "the content of \(id) is not kept; content = true in [history] of relay.conf keeps that of later messages"
    }
}

extension HistoryDocument.Recipient {
    init(_ recipient: HistoryRecord.Recipient, receivedAt: Timestamp) {
        address = recipient.address
        outcome = recipient.outcome.rawValue
        upstream = recipient.upstream
        reply = recipient.reply
        failureClass = recipient.failureClass?.rawValue
        attempts = recipient.attempts
        seconds = Double(recipient.wait(since: receivedAt).wholeMilliseconds) / 1000
        route = recipient.route
        stream = recipient.stream
        firstAttemptAt = recipient.firstAttemptAt?.rfc3339
        finishedAt = recipient.finishedAt.rfc3339
    }
}

/// The answer to `GET /v1/history`; property names match the JSON.
package struct HistoryPageDocument: Hashable, Sendable, Codable {
    /// Newest first.
    package var records: [HistoryDocument]
    /// Of each message, the indices of the recipients that match.
    package var matching: [[Int]]?
    /// For `after`: where to go on; nil at the end.
    package var next: Int?
    /// The part of all that is kept that has been looked at; nil where that takes no time.
    package var progress: Double?
    /// What could not be read: something may be missing.
    package var problems: [String]

    package init(_ page: HistoryPage) {
        records = page.records.map { HistoryDocument($0.record, number: $0.number) }
        matching = page.matching
        next = page.next
        progress = page.progress
        problems = page.problems
    }
}

/// A line of `history stats --json`; property names match the JSON.
package struct HistoryStatisticsDocument: Hashable, Sendable, Codable {
    package var route: String
    /// Nil for recipients that no upstream was tried for.
    package var upstream: String?
    package var recipients: Int
    package var delivered: Int
    package var failed: Int
    package var dropped: Int
    /// From acceptance until an upstream took it; nil if none did.
    package var p50Seconds: Double?
    package var p95Seconds: Double?
    package var p99Seconds: Double?

    package enum CodingKeys: String, CodingKey {
        case route, upstream, recipients, delivered, failed, dropped
        case p50Seconds = "p50_seconds"
        case p95Seconds = "p95_seconds"
        case p99Seconds = "p99_seconds"
    }

    package init(_ place: HistoryStatistics.Place, _ figures: HistoryStatistics.Figures) {
        let seconds = { (part: Double) in
            figures.latency.percentile(part).map { Double($0.wholeMilliseconds) / 1000 }
        }
        route = place.route
        upstream = place.upstream
        recipients = figures.recipients
        delivered = figures.outcomes[.delivered] ?? 0
        failed = figures.outcomes[.failed] ?? 0
        dropped = figures.outcomes[.dropped] ?? 0
        (p50Seconds, p95Seconds, p99Seconds) = (seconds(0.5), seconds(0.95), seconds(0.99))
    }

    /// All of a range.
    package static func all(_ statistics: HistoryStatistics) -> [HistoryStatisticsDocument] {
        statistics.places.keys.sorted().map { HistoryStatisticsDocument($0, statistics.places[$0]!) }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(route, forKey: .route)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(recipients, forKey: .recipients)
        try container.encode(delivered, forKey: .delivered)
        try container.encode(failed, forKey: .failed)
        try container.encode(dropped, forKey: .dropped)
        try container.encode(p50Seconds, forKey: .p50Seconds)
        try container.encode(p95Seconds, forKey: .p95Seconds)
        try container.encode(p99Seconds, forKey: .p99Seconds)
    }
}

/// A line of `GET /v1/history/stats` before the figures: how far it is.
package struct HistoryProgressDocument: Hashable, Sendable, Codable {
    /// From 0 to 1.
    package var progress: Double

    package init(progress: Double) {
        self.progress = progress
    }
}

/// A line of `GET /v1/history/stats` before the figures: what could not be read, and is not counted.
package struct HistoryProblemDocument: Hashable, Sendable, Codable {
    package var problem: String

    package init(problem: String) {
        self.problem = problem
    }
}

/// The body of `POST /v1/history/erase`, and its answer; property names match the JSON.
package struct HistoryErasureDocument: Hashable, Sendable, Codable {
    package var recipient: String
    /// For the log.
    package var reason: String?
    /// Whether recipients are only counted.
    package var dryRun: Bool?
    /// In the answer: the recipients whose address is gone, or would be.
    package var recipients: Int?

    package enum CodingKeys: String, CodingKey {
        case recipient, reason, recipients
        case dryRun = "dry_run"
    }

    package init(_ recipient: String, reason: String? = nil, dryRun: Bool? = nil) {
        self.recipient = recipient
        self.reason = reason
        self.dryRun = dryRun
    }
}
