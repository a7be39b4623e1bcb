import Delivery
import OAuth
import Outbound

@testable import Configuration

extension KeyCase {
    private static func settings(_ configuration: RelayConfiguration) -> OAuthSettings {
        configuration.delivery.upstreams[0].oauth ?? OAuthSettings()
    }

    private static let string = "is not a string; write it in quotes, such as \"…\""
    private static let scopeRemedy = "is not a scope; write words with single spaces between them"
    private static let urlRemedy = "write for example \"https://app.example.com/posthorse\""

    /// The lines of a table, with what each key cannot do without.
    static func oauth2Keys(beside key: String) -> [(key: String, value: String)] {
        let client = [(key: "client_id", value: "\"relay\""), ("client_secret_file", "\"secret\"")]
        switch key {
        case "token_url": return client + [("preset", "\"google\""), ("refresh_token_file", "\"refresh\"")]
        case "client_secret_file":
            return client + [("token_url", "\"https://id.test/token\""), ("refresh_token_file", "\"refresh\"")]
        case _: return client + [("token_url", "\"https://id.test/token\"")]
        }
    }

    static let oauth2: [KeyCase] = [
        KeyCase(
            "upstream.oauth2.preset", default: "none", good: ("\"microsoft\"", "microsoft"),
            wrongType: ("1", "1 is not a valid value; write \"microsoft\" or \"google\""),
            outOfBounds: [("\"Google\"", "\"Google\" is not a valid value; write \"microsoft\" or \"google\"")]
        ) { settings($0).preset?.rawValue ?? "none" },
        KeyCase(
            "upstream.oauth2.tenant", default: "none", good: ("\"contoso.onmicrosoft.com\"", "contoso.onmicrosoft.com"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [
                ("\"a/b\"", "\"a/b\" is not a tenant; write a domain name, or an ID in hexadecimal digits"),
                ("\"\"", "\"\" is not a tenant; write a domain name, or an ID in hexadecimal digits"),
            ]
        ) { settings($0).tenant ?? "none" },
        KeyCase(
            "upstream.oauth2.token_url", default: "none",
            good: ("\"https://id.test:8443/t\"", "https://id.test:8443/t"),
            wrongType: ("1", "the value is not a URL; \(urlRemedy)"),
            outOfBounds: [
                ("\"id.test\"", "the value does not begin with https:// or http://; \(urlRemedy)")
            ]
        ) { settings($0).tokenURL?.text ?? "none" },
        KeyCase(
            "upstream.oauth2.client_id", default: "required", good: ("\"535fb089\"", "535fb089"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [
                ("\"a b\"", "\"a b\" is not a client ID; write 1 to 255 visible characters of ASCII"),
                ("\"\"", "\"\" is not a client ID; write 1 to 255 visible characters of ASCII"),
            ]
        ) { settings($0).clientID },
        KeyCase(
            "upstream.oauth2.client_secret_file", default: "none", good: ("\"/run/secret\"", "/run/secret"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/client-secret\"")]
        ) { settings($0).clientSecretFile ?? "none" },
        KeyCase(
            "upstream.oauth2.scope", default: "none", good: ("\"a b\"", "a b"), wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"\"", "\"\" \(scopeRemedy)"), ("\"a  b\"", "\"a  b\" \(scopeRemedy)")]
        ) { settings($0).scope ?? "none" },
        KeyCase(
            "upstream.oauth2.grant", default: "none", good: ("\"client_credentials\"", "client_credentials"),
            wrongType: ("1", "1 is not a valid value; write \"client_credentials\" or \"refresh_token\""),
            outOfBounds: [
                (
                    "\"password\"",
                    "\"password\" is not a valid value; write \"client_credentials\" or \"refresh_token\""
                )
            ]
        ) { settings($0).grant?.rawValue ?? "none" },
        KeyCase(
            "upstream.oauth2.refresh_token_file", default: "none", good: ("\"/run/refresh\"", "/run/refresh"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/var/lib/posthorse/refresh-token\"")]
        ) { settings($0).refreshTokenFile ?? "none" },
        KeyCase(
            "upstream.oauth2.ca_file", default: "none",
            good: ("\"/etc/ssl/certs/ca-certificates.crt\"", "/etc/ssl/certs/ca-certificates.crt"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/ca.pem\"")]
        ) { settings($0).caFile ?? "none" },
        KeyCase(
            "upstream.oauth2.private", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { String(settings($0).allowsPrivate) },
    ]
}
