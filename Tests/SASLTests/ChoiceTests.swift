import Mail
import SASL
import TLS
import Testing

@Suite("Choice of mechanism, and printing of secrets")
struct ChoiceTests {
    private static let password = Credentials(username: "app", secret: .password(Array("hunter2".utf8)))
    private static let token = Credentials(username: "app", secret: .token(Array("hunter2".utf8)))
    private static let all = SASLMechanism.allCases.map(\.rawValue).reversed()

    /// RFC 5321 section 2.4, RFC 9266 section 3.
    @Test(
        "is the strongest that both sides support",
        arguments: [
            (Array(all), true, .scramSHA256Plus), (Array(all), false, .scramSHA256),
            (["plain", "LOGIN", "cram-md5"], true, .cramMD5), (["LOGIN", "PLAIN"], true, .plain),
            (["LOGIN"], false, .login), (["SCRAM-SHA-256-PLUS"], false, nil), (["GSSAPI", "NTLM"], true, nil),
            (["XOAUTH2"], true, nil), ([], true, nil),
        ] as [([String], Bool, SASLMechanism?)])
    func password(_ offered: [String], _ canBind: Bool, _ expected: SASLMechanism?) {
        let binding = canBind ? ChannelBinding(exporter: [1]) : nil
        #expect(
            SASLClient.usable(
                of: offered, credentials: Self.password, binding: binding, allowsPlaintextPasswords: true
            ).first == expected)
    }

    @Test("never reveals a secret if that is not allowed")
    func plaintext() {
        func choice(_ offered: [String], _ credentials: Credentials) -> SASLMechanism? {
            SASLClient.usable(
                of: offered, credentials: credentials, binding: nil, allowsPlaintextPasswords: false
            ).first
        }
        #expect(choice(["PLAIN", "LOGIN"], Self.password) == nil)
        #expect(choice(["PLAIN", "CRAM-MD5"], Self.password) == .cramMD5)
        #expect(choice(["XOAUTH2", "PLAIN"], Self.token) == nil)
    }

    @Test("is XOAUTH2 or OAUTHBEARER exactly when the credentials are a token")
    func token() {
        let choice = SASLClient.usable(
            of: Array(Self.all), credentials: Self.token, binding: nil, allowsPlaintextPasswords: true)
        #expect(choice == [.xoauth2, .oauthBearer])
        for mechanism in SASLMechanism.allCases {
            let credentials = mechanism.takesToken ? Self.password : Self.token
            let error = #expect(throws: SASLError.self) {
                try SASLClient(
                    mechanism, credentials: credentials, binding: ChannelBinding(exporter: [1]), nonce: SCRAMNonce())
            }
            #expect(error?.code == .badCredentials)
        }
    }

    @Test(
        "refuses names and secrets that would break the message format",
        arguments: [
            Credentials(username: "", secret: .password([1])), Credentials(username: "a\u{0}b", secret: .password([1])),
            Credentials(username: "a", secret: .password([])), Credentials(username: "a", secret: .password([1, 0])),
            Credentials(username: "a", secret: .token([])), Credentials(username: "a", secret: .token([0x61, 1])),
            Credentials(username: "a\u{1}", secret: .token([0x61])),
        ])
    func unusable(_ credentials: Credentials) {
        #expect(
            SASLClient.usable(
                of: Array(Self.all), credentials: credentials, binding: nil, allowsPlaintextPasswords: true) == [])
    }

    @Test("secrets are never printed: not by description, interpolation, dump or a container")
    func redaction() throws {
        var client = try SASLClient(.plain, credentials: Self.password, binding: nil, nonce: SCRAMNonce())
        _ = client.start()
        let hash = try PasswordHash(password: Array("hunter2".utf8), cost: Users.cheap)
        var shown = ""
        let values: [Any] = [
            Self.password, Self.token, Self.password.secret, client, hash, [Self.password], ["k": Self.token],
            hash.scramKeys as Any,
        ]
        for value in values {
            shown += "\(value) " + String(reflecting: value) + " "
            dump(value, to: &shown)
        }
        #expect(shown.contains("app"))
        for part in hash.text.split(separator: "$") where part.count > 20 { #expect(!shown.contains(part)) }
        let digits = Array("hunter2".utf8).map(String.init)
        for secret in ["hunter2", digits.joined(separator: ", "), "104"] {
            #expect(!shown.contains(secret), "\(secret)")
        }
    }
}
