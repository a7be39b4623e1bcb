internal import Mail
internal import Outbound

/// The request for a token (RFC 6749 sections 4.4.2 and 6), with the client's secret in its body (section 2.3.1), as both
/// Microsoft and Google describe it.
enum TokenRequest {
    /// - Throws: ``TokenError`` `file` for settings without an endpoint, which relay.conf cannot have.
    static func make(_ settings: OAuthSettings, _ secrets: TokenSecrets) throws(TokenError) -> WebRequest {
        guard let url = settings.endpoint else { throw TokenError(.file, "[upstream.oauth2] has no token_url") }
        return WebRequest(
            url: url, headers: [("content-type", FormBody.type), ("accept", "application/json")],
            body: FormBody.octets(fields(settings, secrets)))
    }

    private static func fields(_ settings: OAuthSettings, _ secrets: TokenSecrets) -> [(name: String, value: String)] {
        let given: [(String, String?)] = [
            ("grant_type", settings.usedGrant.rawValue), ("refresh_token", secrets.refreshToken),
            ("client_id", settings.clientID), ("client_secret", secrets.clientSecret), ("scope", settings.usedScope),
        ]
        return given.compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}
