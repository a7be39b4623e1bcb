internal import Delivery
internal import OAuth
internal import Outbound

extension Schema {
    static let upstreamOAuth = oauth(
        "upstream.oauth2",
        "How the relay gets the OAuth 2.0 tokens of the preceding upstream's account by itself, instead of a password.",
        refreshTokenFile: "/var/lib/posthorse/refresh-token")

    static let mailboxOAuth = oauth(
        "round_trip.mailbox.oauth2",
        "How the relay gets the OAuth 2.0 tokens of the preceding mailbox by itself, instead of a password.",
        refreshTokenFile: "/var/lib/posthorse/mailbox-refresh-token")

    private static func oauth(_ name: String, _ summary: String, refreshTokenFile: String) -> Section<OAuthSettings> {
        Section(name, isComment: true, summary, prototype: OAuthSettings(), keys: oauthKeys(refreshTokenFile))
    }

    private static func oauthKeys(_ refreshTokenFile: String) -> [Key<OAuthSettings>] {
        [
            .derived(
                "preset", \.preset, .word(OAuthPreset.self), from: "none", example: .microsoft,
                "Provider whose token_url and scope are known."),
            .derived(
                "tenant", \.tenant, .tenant, from: "none", example: "example.onmicrosoft.com",
                "Directory of the organisation, for microsoft: its domain name or ID."),
            .derived(
                "token_url", \.tokenURL, .webURL, from: "that of the preset", example: exampleTokenURL,
                "Where tokens are asked for."),
            .required(
                "client_id", \.clientID, .clientID, example: "00000000-0000-0000-0000-000000000000",
                "Name of the relay at the provider, as the registration of the application says."),
            .derived(
                "client_secret_file", \.clientSecretFile, .path("/etc/posthorse/client-secret"), from: "no secret",
                example: "/etc/posthorse/client-secret",
                "File with the secret of the application; read for each request."),
            .derived(
                "scope", \.scope, .scope, from: "that of the preset", example: "https://outlook.office365.com/.default",
                "What the token is to be good for; several words have spaces between them."),
            .derived(
                "grant", \.grant, .word(OAuthGrant.self), from: "refresh_token with refresh_token_file",
                example: .clientCredentials,
                "Whether the application has an account of its own, or a mailbox's owner has agreed."),
            .derived(
                "refresh_token_file", \.refreshTokenFile, .path(refreshTokenFile), from: "none",
                example: refreshTokenFile,
                "File with the refresh token, which the relay replaces whenever the provider gives a new one; read for "
                    + "each request."),
            .derived(
                "ca_file", \.caFile, .path("/etc/posthorse/ca.pem"), from: "the system's authorities",
                example: "/etc/posthorse/ca.pem", "PEM file with the authorities to trust at token_url instead."),
            .optional(
                "private", \.allowsPrivate, .flag,
                "Whether token_url may have a private, loopback or link-local address."),
        ]
    }

    private static let exampleTokenURL = WebURL(
        scheme: .https, host: "login.example.com", pathAndQuery: "/oauth2/token")
}

extension UpstreamSettings {
    /// The table, which is there as soon as it is written to.
    var oauth2: OAuthSettings {
        get { oauth ?? OAuthSettings() }
        set { oauth = newValue }
    }
}
