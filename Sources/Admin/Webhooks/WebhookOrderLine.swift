/// The result of an order for one event; property names match the JSON. Every name is always present.
package struct WebhookOrderLine: Hashable, Sendable, Codable {
    package enum Result: String, Sendable, Codable, CaseIterable {
        case done
        /// It stays as it is.
        case unchanged
        case missing
    }

    package let number: Int
    package let result: Result
    /// Why it is not done, for people; nil if it is.
    package let reason: String?

    private enum CodingKeys: String, CodingKey {
        case number, result, reason
    }

    private init(_ number: Int, _ result: Result, _ reason: String?) {
        (self.number, self.result, self.reason) = (number, result, reason)
    }

    static func done(_ number: Int) -> Self { Self(number, .done, nil) }

    /// Only dead ones are sent again.
    static func waiting(_ number: Int) -> Self { Self(number, .unchanged, "on its way already: it is not dead") }

    static func missing(_ number: Int, of webhook: String) -> Self {
        Self(number, .missing, "\(webhook) has no such event: it was delivered or dropped, or there never was one")
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encode(result, forKey: .result)
        try container.encode(reason, forKey: .reason)
    }
}
