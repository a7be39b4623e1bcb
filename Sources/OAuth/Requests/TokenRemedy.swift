internal import Mail

/// What an operator does about a refusal: which key of `[upstream.oauth2]` to look at, or which file to change.
enum TokenRemedy {
    /// - Parameters:
    ///   - error: the word of RFC 6749 section 5.2; nil if the server has given none.
    ///   - settings: of the request.
    static func words(for error: String?, _ settings: OAuthSettings) -> String {
        switch error {
        case "invalid_client": client(settings)
        case "invalid_grant": grant(settings)
        case "unauthorized_client":
            "check \(place(settings)), and whether the application may use grant = \(used(settings))"
        case "unsupported_grant_type": "check grant, which is \(used(settings))"
        case "invalid_scope":
            settings.scope == nil ? "write the scope that the provider wants into scope" : "check scope"
        default: "check \(place(settings))"
        }
    }

    private static func client(_ settings: OAuthSettings) -> String {
        guard let file = settings.clientSecretFile else { return "check client_id, or add client_secret_file" }
        return "check client_id, and write the secret that is valid now into \(file) (client_secret_file)"
    }

    private static func grant(_ settings: OAuthSettings) -> String {
        guard settings.usedGrant == .refreshToken, let file = settings.refreshTokenFile else {
            return "check client_id and grant, which is \(used(settings))"
        }
        return "write a new refresh token into \(file) (refresh_token_file)"
    }

    /// The keys by which the endpoint knows whom it is asked by.
    private static func place(_ settings: OAuthSettings) -> String {
        settings.tokenURL == nil && settings.tenant != nil ? "client_id and tenant" : "client_id and token_url"
    }

    private static func used(_ settings: OAuthSettings) -> String { "\"\(settings.usedGrant.rawValue)\"" }
}
