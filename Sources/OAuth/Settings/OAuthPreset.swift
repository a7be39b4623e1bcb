package import Outbound

/// A provider whose token endpoint and scopes are known; raw values are those of relay.conf.
package enum OAuthPreset: String, Hashable, Sendable, CaseIterable {
    /// Microsoft 365, by its identity platform
    /// (https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth).
    case microsoft
    /// Google (https://developers.google.com/identity/protocols/oauth2/web-server#offline).
    case google

    /// Nil where it cannot be known without a tenant.
    package func endpoint(tenant: String?) -> WebURL? {
        switch self {
        case .microsoft:
            tenant.map {
                WebURL(scheme: .https, host: "login.microsoftonline.com", pathAndQuery: "/\($0)/oauth2/v2.0/token")
            }
        case .google: WebURL(scheme: .https, host: "oauth2.googleapis.com", pathAndQuery: "/token")
        }
    }

    /// Nil where a request needs none: that of the refresh token then stays.
    package func scope(for grant: OAuthGrant, use: OAuthUse = .submission) -> String? {
        switch (self, grant) {
        case (.microsoft, .clientCredentials): "https://outlook.office365.com/.default"
        case (.microsoft, .refreshToken): "https://outlook.office.com/\(Self.permission(for: use)) offline_access"
        case (.google, _): nil
        }
    }

    private static func permission(for use: OAuthUse) -> String {
        switch use {
        case .submission: "SMTP.Send"
        case .imap: "IMAP.AccessAsUser.All"
        case .pop3: "POP.AccessAsUser.All"
        }
    }

    /// Google gives an application access to mailboxes by signed assertions only.
    package var grants: [OAuthGrant] {
        switch self {
        case .microsoft: [.clientCredentials, .refreshToken]
        case .google: [.refreshToken]
        }
    }
}
