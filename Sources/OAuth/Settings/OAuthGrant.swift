/// What a token is given for; raw values are those of relay.conf, and of the requests (RFC 6749 sections 4.4.2 and 6).
package enum OAuthGrant: String, Hashable, Sendable, CaseIterable {
    /// The relay's own account with the provider, as an application.
    case clientCredentials = "client_credentials"
    /// A mailbox whose owner has once agreed.
    case refreshToken = "refresh_token"
}
