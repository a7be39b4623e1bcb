package import Outbound

/// A table `[upstream.oauth2]` or `[round_trip.mailbox.oauth2]` of relay.conf: where the tokens for an account come
/// from, and who asks for them.
package struct OAuthSettings: Hashable, Sendable {
    package var preset: OAuthPreset?
    /// The directory of the organisation: a name or a number.
    package var tenant: String?
    /// The token endpoint; nil for that of the preset.
    package var tokenURL: WebURL?
    package var clientID = ""
    /// Path; nil for a client without a secret.
    package var clientSecretFile: String?
    /// Words with spaces between them; nil for those of the preset.
    package var scope: String?
    /// Nil for a refresh token if there is a file with one, else client credentials.
    package var grant: OAuthGrant?
    /// Path of a file that is replaced whenever the server gives another refresh token.
    package var refreshTokenFile: String?
    /// PEM file of authorities to trust for the token endpoint; nil for the system's.
    package var caFile: String?
    /// Whether the token endpoint may have a private address.
    package var allowsPrivate = false
    /// By the table.
    package var use = OAuthUse.submission

    package init() {}
}

extension OAuthSettings {
    package var usedGrant: OAuthGrant { grant ?? (refreshTokenFile == nil ? .clientCredentials : .refreshToken) }

    /// Nil for settings that are not complete.
    package var endpoint: WebURL? { tokenURL ?? preset?.endpoint(tenant: tenant) }

    package var usedScope: String? { scope ?? preset?.scope(for: usedGrant, use: use) }
}
