/// A way to log in (RFC 4422), by its name in AUTH.
package enum SASLMechanism: String, CaseIterable, Sendable {
    /// RFC 5802, RFC 7677: neither side shows the other the password, and the exchange is bound to the TLS connection.
    case scramSHA256Plus = "SCRAM-SHA-256-PLUS"
    /// The same without the binding.
    case scramSHA256 = "SCRAM-SHA-256"
    /// RFC 2195; obsolete, since the server must keep the password itself.
    case cramMD5 = "CRAM-MD5"
    /// RFC 4616: name and password as they are.
    case plain = "PLAIN"
    /// The same in two steps, never standardised (draft-murchison-sasl-login).
    case login = "LOGIN"
    /// A token of OAuth 2.0 in the form of Google and Microsoft.
    case xoauth2 = "XOAUTH2"

    /// Reads a name in any case of letters, as keywords of EHLO are (RFC 5321 section 2.4).
    package init?(name: some StringProtocol) {
        self.init(rawValue: name.uppercased())
    }

    /// Whether whoever reads the connection, or plays the server, has the password or token afterwards.
    package var showsSecret: Bool {
        switch self {
        case .plain, .login, .xoauth2: true
        case .scramSHA256Plus, .scramSHA256, .cramMD5: false
        }
    }

    /// The mechanisms of ``SASLServer``, the strongest first.
    ///
    /// - Parameters:
    ///   - binding: whether the connection has a value to bind to: TLS 1.3 (RFC 9266 section 3).
    ///   - scram: whether every user has keys for it; a client picks the strongest and does not try another one.
    package static func served(binding: Bool, scram: Bool) -> [SASLMechanism] {
        let strong: [SASLMechanism] = binding ? [.scramSHA256Plus, .scramSHA256] : [.scramSHA256]
        return (scram ? strong : []) + [.plain, .login]
    }
}
