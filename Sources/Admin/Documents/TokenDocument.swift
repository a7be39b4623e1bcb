package import Delivery
internal import Mail
internal import OAuth

/// How the OAuth 2.0 tokens of an upstream's account stand; property names match the JSON.
package struct TokenDocument: Hashable, Sendable, Codable {
    /// `valid`, `fetching`, `refused`, or `none`.
    package var state: String
    /// RFC 3339; nil without a token.
    package var validUntil: String?
    /// RFC 3339; nil before the first.
    package var renewedAt: String?
    /// Why the last request gave none, or its refresh token is not on disk.
    package var lastError: String?

    package enum CodingKeys: String, CodingKey {
        case state
        case validUntil = "valid_until"
        case renewedAt = "renewed_at"
        case lastError = "last_error"
    }

    package init(_ status: TokenStatus) {
        state = status.stage.rawValue
        validUntil = status.expires?.rfc3339
        renewedAt = status.renewed?.rfc3339
        lastError = status.lastError
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(state, forKey: .state)
        try container.encode(validUntil, forKey: .validUntil)
        try container.encode(renewedAt, forKey: .renewedAt)
        try container.encode(lastError, forKey: .lastError)
    }
}
