package import Mail
package import NIOCore

/// The body of `POST /v1/queue/VERB` and `/v1/queue/ID/VERB`; property names match the JSON.
package struct QueueOrderDocument: Sendable, Encodable {
    /// Of the messages, unless the path has one; nil if there is a filter.
    package var ids: [QueueID]?
    package var filter: QueueFilter?
    /// For the log.
    package var reason: String?
    /// For `drop`: whether senders are told.
    package var bounce: Bool?
    /// For `move`: the upstream.
    package var to: String?
    /// For `resolve`: `delivered`, `retry` or `failover`.
    package var resolution: String?
    /// How long to wait for attempts that run.
    package var wait = Duration.seconds(10)

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case ids, filter, reason, bounce, to, resolution
        case waitSeconds = "wait_seconds"
    }

    /// The longest wait.
    package static let maxWait = Duration.seconds(600)

    package init() {}

    /// Parses a body, which may be empty. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        guard body.readableBytes > 0 else {
            self.init()
            return
        }
        // If the filter were misspelt and ignored, the order would be about other messages.
        try self.init(
            AdminJSON.order(
                Fields.self, from: body, known: CodingKeys.allCases.map(\.rawValue),
                example: #"{"filter":{"state":"deferred"},"reason":"they are back"}"#))
    }

    private struct Fields: Decodable {
        let ids: [String]?
        let filter: [String: Word]?
        let reason: String?
        let bounce: Bool?
        let to: String?
        let resolution: String?
        let wait_seconds: Double?
    }

    /// A string, or a number in its place.
    private struct Word: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(Int.self)).map { "\($0)" } ?? container.decode(String.self)
        }
    }

    private init(_ fields: Fields) throws(AdminError) {
        if let texts = fields.ids {
            var ids: [QueueID] = []
            for text in texts { ids.append(try QueueFilter.queueID(text)) }
            self.ids = ids
        }
        if let words = fields.filter {
            filter = try QueueFilter(query: words.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) })
        }
        resolution = fields.resolution
        (reason, bounce, to) = (try Self.checked(reason: fields.reason), fields.bounce, fields.to)
        guard let seconds = fields.wait_seconds else { return }
        // Compared as a number: a duration cannot hold every number.
        let most = Self.maxWait.components.seconds
        guard seconds >= 0, seconds <= Double(most) else {
            throw AdminError(.badRequest, "wait_seconds must be from 0 to \(most)")
        }
        wait = .milliseconds(Int64(seconds * 1000))
    }

    /// - Returns: nil for none.
    static func checked(reason: String?) throws(AdminError) -> String? {
        guard let reason, !reason.allSatisfy(\.isWhitespace) else { return nil }
        guard reason.count <= UpstreamControlDocument.maxReason else {
            throw AdminError(
                .badRequest, "the reason is longer than \(UpstreamControlDocument.maxReason) characters")
        }
        return reason
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(ids?.map(\.description), forKey: .ids)
        if let filter {
            let words = Dictionary(filter.query.map { ($0.name, $0.value) }) { first, _ in first }
            try container.encode(words, forKey: .filter)
        }
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encodeIfPresent(bounce, forKey: .bounce)
        try container.encodeIfPresent(to, forKey: .to)
        try container.encodeIfPresent(resolution, forKey: .resolution)
        try container.encode(Double(wait.wholeMilliseconds) / 1000, forKey: .waitSeconds)
    }
}
