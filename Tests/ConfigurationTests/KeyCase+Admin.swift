import Access

@testable import Configuration

let exampleTokenHash = ConfigurationDraft.exampleTokenHash.text

extension KeyCase {
    private static func token(_ configuration: RelayConfiguration) -> AccessToken {
        configuration.http.tokens.first ?? Schema.adminToken.prototype
    }

    private static let otherHash = TokenHash(of: "abc").text
    private static let hashRemedy = "run \"posthorse token create\" and copy what follows \"hash\" here"
    private static let noName = "is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"
    private static let noNetwork = "is not a list of networks; write for example [\"10.0.0.0/8\", \"192.0.2.7\"]"

    static let admin: [KeyCase] = [
        KeyCase(
            "admin.http", default: "", good: ("[\"127.0.0.1:8025\", \"[::1]:0\"]", "127.0.0.1 8025, ::1 0"),
            wrongType: ("1", "1 is not an address; write for example \"127.0.0.1:2525\""),
            outOfBounds: [
                (
                    "\"192.0.2.1:80\"",
                    "\"192.0.2.1:80\" is not a loopback address, and tokens must not cross a network in clear text; "
                        + "set certificate, or use \"127.0.0.1:80\""
                ),
                (
                    "\"127.0.0.1:2525\"",
                    "\"127.0.0.1:2525\" is the address of a listener; change one of the ports"
                ),
            ], with: ["[[admin.token]]", "name = \"ops\"", "hash = \"\(exampleTokenHash)\""]
        ) { $0.http.addresses.map { "\($0.host) \($0.port)" }.joined(separator: ", ") },
        KeyCase(
            "admin.certificate", default: "", good: ("\"\(exampleCertificate)\"", exampleCertificate),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/api.pem\"")]
        ) { $0.http.certificates.joined(separator: ", ") },
        KeyCase(
            "admin.private_key", default: "", good: ("[\"/etc/a\", \"/etc/b\"]", "/etc/a, /etc/b"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/api.key\"")]
        ) { $0.http.privateKeys.joined(separator: ", ") },
        KeyCase(
            "admin.hosts", default: "", good: ("[\"API.example\", \"2001:db8::0\"]", "api.example, 2001:db8::"),
            wrongType: (
                "\"a\"",
                "\"a\" is not a list of names; write for example [\"relay.example.com\", \"192.0.2.7\"], without ports"
            ),
            outOfBounds: [
                (
                    "[1]",
                    "1 is not a host name or IP address; write for example [\"relay.example.com\", \"192.0.2.7\"], without ports"
                )
            ]
        ) { $0.http.hosts.joined(separator: ", ") },
        KeyCase(
            "admin.allow", default: "0.0.0.0/0, ::/0", good: ("[\"10.0.0.0/8\"]", "10.0.0.0/8"),
            wrongType: ("\"10.0.0.0/8\"", "\"10.0.0.0/8\" \(noNetwork)"),
            outOfBounds: [("[10]", "10 is not a network; write for example \"10.0.0.0/8\"")]
        ) { $0.http.allow.joined(separator: ", ") },
        KeyCase(
            "admin.trusted_proxies", default: "", good: ("[\"10.0.0.0/8\"]", "10.0.0.0/8"),
            wrongType: ("\"10.0.0.0/8\"", "\"10.0.0.0/8\" \(noNetwork)"),
            outOfBounds: [("[10]", "10 is not a network; write for example \"10.0.0.0/8\"")]
        ) { $0.http.trustedProxies.joined(separator: ", ") },
        KeyCase(
            "admin.token.name", default: "required", good: ("\"ops\"", "ops"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"a b\"", "\"a b\" \(noName)"), ("\"\"", "\"\" \(noName)")]
        ) { token($0).name },
        // Whatever is written there may be a token.
        KeyCase(
            "admin.token.hash", default: "required", good: ("\"\(otherHash)\"", otherHash),
            wrongType: ("1", "the value is not a string; \(hashRemedy)"),
            outOfBounds: [("\"ph_secret\"", "the value is not the hash of a token; \(hashRemedy)")]
        ) { token($0).hash.text },
        KeyCase(
            "admin.token.role", default: "read", good: ("\"operate\"", "operate"),
            wrongType: ("1", "1 is not a valid value; write \"read\", \"send\" or \"operate\""),
            outOfBounds: [("\"admin\"", "\"admin\" is not a valid value; write \"read\", \"send\" or \"operate\"")]
        ) { token($0).role.rawValue },
        KeyCase(
            "admin.token.user", default: "none", good: ("\"app\"", "app"),
            wrongType: ("1", "1 is not a user name; write 1 to 255 octets of text without control characters"),
            outOfBounds: [("\"nobody\"", "there is no user \"nobody\"; add a [[user]] of that name")],
            with: ["[[user]]", "name = \"app\"", "password_hash = \"\(exampleHash)\""]
        ) { token($0).user ?? "none" },
    ]
}
