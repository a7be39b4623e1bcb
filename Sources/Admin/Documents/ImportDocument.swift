/// The answer to `POST /v1/queue/import`; property names match the JSON.
package struct ImportDocument: Hashable, Sendable, Codable {
    /// The new queue ID.
    package var queueID: String

    package init(queueID: String) {
        self.queueID = queueID
    }

    package enum CodingKeys: String, CodingKey {
        case queueID = "queue_id"
    }
}
