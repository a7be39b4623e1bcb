package import Delivery
internal import Mail

/// A change of a circuit or of the admin state; names in the JSON are `at`, `from`, `to`, `share`, `cause`.
package struct ChangeDocument: Hashable, Sendable, Codable {
    /// RFC 3339.
    package var at: String
    package var transition: UpstreamTransition
    /// 0 to 1.
    package var share: Double
    package var cause: String

    private enum CodingKeys: String, CodingKey {
        case at, from, to, share, cause
    }

    package init(_ change: UpstreamDetail.Change) {
        at = change.at.rfc3339
        transition = change.transition
        share = change.share
        cause = change.cause
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        at = try container.decode(String.self, forKey: .at)
        let from = try container.decode(String.self, forKey: .from)
        let to = try container.decode(String.self, forKey: .to)
        guard let transition = UpstreamTransition(from: from, to: to) else {
            throw DecodingError.dataCorruptedError(
                forKey: .to, in: container,
                debugDescription: "\(from) and \(to) are not states of a circuit or an order")
        }
        self.transition = transition
        share = try container.decode(Double.self, forKey: .share)
        cause = try container.decode(String.self, forKey: .cause)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at, forKey: .at)
        try container.encode(transition.from, forKey: .from)
        try container.encode(transition.to, forKey: .to)
        try container.encode(share, forKey: .share)
        try container.encode(cause, forKey: .cause)
    }
}
