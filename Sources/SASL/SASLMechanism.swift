/// A SASL mechanism (RFC 4422), by its name in AUTH.
package enum SASLMechanism: String, CaseIterable, Sendable {
    /// RFC 5802, RFC 7677: neither side reveals the password to the other, and the exchange is bound to the TLS
    /// connection.
    case scramSHA256Plus = "SCRAM-SHA-256-PLUS"
    /// The same without the binding.
    case scramSHA256 = "SCRAM-SHA-256"
    /// RFC 2195; obsolete, because the server must store the password itself.
    case cramMD5 = "CRAM-MD5"
    /// RFC 4616: name and password in plain text.
    case plain = "PLAIN"
    /// The same in two steps; never standardised (draft-murchison-sasl-login).
    case login = "LOGIN"
    /// An OAuth 2.0 token in the form used by Google and Microsoft.
    case xoauth2 = "XOAUTH2"
    /// The same as standardised (RFC 7628).
    case oauthBearer = "OAUTHBEARER"

    /// Parses a name case-insensitively, like the keywords of EHLO (RFC 5321 section 2.4).
    package init?(name: some StringProtocol) {
        self.init(rawValue: name.uppercased())
    }

    /// Whether an eavesdropper or a rogue server learns the password or token.
    package var showsSecret: Bool {
        switch self {
        case .plain, .login, .xoauth2, .oauthBearer: true
        case .scramSHA256Plus, .scramSHA256, .cramMD5: false
        }
    }

    /// Whether its secret is an OAuth 2.0 access token, not a password.
    package var takesToken: Bool {
        switch self {
        case .xoauth2, .oauthBearer: true
        case .plain, .login, .scramSHA256Plus, .scramSHA256, .cramMD5: false
        }
    }

    /// Those that ``SASLServer`` supports, strongest first.
    package static let served = served(binding: true, scram: true)

    /// The mechanisms of ``SASLServer``, strongest first.
    ///
    /// - Parameters:
    ///   - binding: whether the connection has a channel binding: TLS 1.3 (RFC 9266 section 3).
    ///   - scram: whether every user has SCRAM keys; most clients pick the strongest mechanism and do not try another.
    package static func served(binding: Bool, scram: Bool) -> [SASLMechanism] {
        let strong: [SASLMechanism] = binding ? [.scramSHA256Plus, .scramSHA256] : [.scramSHA256]
        return (scram ? strong : []) + [.plain, .login]
    }
}
