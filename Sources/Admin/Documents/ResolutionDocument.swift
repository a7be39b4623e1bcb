package import Delivery
package import Mail
package import NIOCore

/// The body of `POST /v1/queue/ID/resolve`, and its answer; the names are those of the JSON.
package struct ResolutionDocument: Hashable, Sendable, Codable {
    /// `delivered`, `retry` or `failover`.
    package var resolution: String
    /// Addresses; in an order nil for all recipients in doubt.
    package var recipients: [String]?
    /// Of the message; only in the answer.
    package var queueID: String?

    package enum CodingKeys: String, CodingKey {
        case resolution, recipients
        case queueID = "queue_id"
    }

    package init(_ answer: InDoubtResolution, recipients: [String]?, queueID: QueueID? = nil) {
        resolution = answer.rawValue
        self.recipients = recipients
        self.queueID = queueID?.description
    }

    /// Names in an order.
    private static let orderNames = [CodingKeys.resolution, .recipients].map(\.rawValue)

    /// Reads a body; throws ``AdminError`` with a sentence about what is wrong.
    package init(_ body: ByteBuffer) throws(AdminError) {
        do {
            // Without a misspelt list of recipients the order would be for all of them.
            if let unknown = try AdminJSON.unknownName(in: body, known: Self.orderNames) {
                throw AdminError("unknown name \(unknown) in the body; there are resolution and recipients")
            }
            self = try AdminJSON.decode(Self.self, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(#"the body must be JSON, such as {"resolution":"retry","recipients":["a@b.example"]}"#)
        }
    }

    /// What the order says; throws ``AdminError`` for values that cannot be.
    package func answer() throws(AdminError) -> InDoubtResolution {
        guard let answer = InDoubtResolution(rawValue: resolution) else {
            let words = InDoubtResolution.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminError("resolution must be one of \(words)")
        }
        if recipients?.isEmpty == true { throw AdminError("recipients must name at least one, or be left out") }
        return answer
    }
}
