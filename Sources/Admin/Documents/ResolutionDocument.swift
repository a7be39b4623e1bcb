package import Delivery
package import Mail
package import NIOCore

/// The body of `POST /v1/queue/ID/resolve`, and its answer; property names match the JSON.
package struct ResolutionDocument: Hashable, Sendable, Codable {
    /// `delivered`, `retry` or `failover`.
    package var resolution: String
    /// Addresses; in an order, nil for all recipients in doubt.
    package var recipients: [String]?
    /// For the log; only in an order.
    package var reason: String?
    /// Queue ID of the message; only in the answer.
    package var queueID: String?

    package enum CodingKeys: String, CodingKey {
        case resolution, recipients, reason
        case queueID = "queue_id"
    }

    package init(
        _ answer: InDoubtResolution, recipients: [String]?, reason: String? = nil, queueID: QueueID? = nil
    ) {
        resolution = answer.rawValue
        self.recipients = recipients
        self.reason = reason
        self.queueID = queueID?.description
    }

    /// An order that names no recipients, and may name no resolution either.
    init(_ resolution: String?) {
        self.resolution = resolution ?? ""
    }

    /// Names allowed in an order.
    private static let orderNames = [CodingKeys.resolution, .recipients, .reason].map(\.rawValue)

    /// Parses a body; throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        do {
            // If the list of recipients were misspelt and ignored, the order would apply to all of them.
            if let unknown = try AdminJSON.unknownName(in: body, known: Self.orderNames) {
                throw AdminError(
                    .badRequest, "unknown name \(unknown) in the body; expected resolution, recipients and reason")
            }
            self = try AdminJSON.decode(Self.self, from: body)
            reason = try QueueOrderDocument.checked(reason: reason)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(
                .badRequest, #"the body must be JSON, such as {"resolution":"retry","recipients":["a@b.example"]}"#)
        }
    }

    /// The resolution in the order; throws ``AdminError`` for invalid values.
    package func answer() throws(AdminError) -> InDoubtResolution {
        guard let answer = InDoubtResolution(rawValue: resolution) else {
            let words = InDoubtResolution.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminError(.badRequest, "resolution must be one of \(words)")
        }
        if recipients?.isEmpty == true {
            throw AdminError(.badRequest, "recipients must name at least one, or be left out")
        }
        return answer
    }
}

/// One message of `POST /v1/queue/resolve`; property names match the JSON.
package struct ResolutionLine: Sendable, Codable {
    package var queueID: String
    package var resolution: String
    /// Addresses that were resolved.
    package var recipients: [String]
    /// As in ``QueueOrderLine``.
    package var result: String
    /// Why it is not done, for people; nil if it is.
    package var reason: String?

    package enum CodingKeys: String, CodingKey {
        case resolution, recipients, result, reason
        case queueID = "queue_id"
    }
}
