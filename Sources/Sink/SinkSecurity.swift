package import SASL
package import TLS

/// How a sink uses TLS.
package struct SinkTLS: Hashable, Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        /// Offered by STARTTLS; mail is accepted in clear text too.
        case starttls
        /// The same, but MAIL and AUTH in clear text get 530 (RFC 3207 section 4).
        case required
        /// TLS begins with the connection (RFC 8314 section 3.3).
        case implicit
    }

    package var mode: Mode
    package var files: TLSServerSettings

    package init(_ mode: Mode, _ files: TLSServerSettings) {
        self.mode = mode
        self.files = files
    }
}

/// The only user of a sink, who must log in before MAIL.
package struct SinkLogin: Sendable {
    package var user: String
    /// The password, or the token of XOAUTH2 and OAUTHBEARER.
    package var password: [UInt8]
    /// Nil for those that need neither a token nor the stored password: SCRAM, PLAIN, LOGIN.
    package var mechanisms: [SASLMechanism]?
    /// Whether AUTH is offered in clear text too.
    package var isAllowedInClear = false

    package init(user: String, password: [UInt8], mechanisms: [SASLMechanism]? = nil) {
        self.user = user
        self.password = password
        self.mechanisms = mechanisms
    }

    /// The mechanisms offered on a connection, strongest first.
    ///
    /// - Parameter binding: whether the connection has a channel binding.
    func offered(binding: Bool) -> [SASLMechanism] {
        let all = mechanisms ?? SASLMechanism.served(binding: true, scram: true)
        return SASLMechanism.allCases.filter { all.contains($0) && (binding || $0 != .scramSHA256Plus) }
    }
}

/// An extension that a sink offers only on request.
package enum SinkExtension: Hashable, Sendable, CaseIterable {
    /// RFC 6531.
    case smtpUTF8
    /// RFC 3461.
    case dsn
    /// CHUNKING and BINARYMIME (RFC 3030).
    case chunking
    /// RFC 8689; only over TLS (section 2).
    case requireTLS
    /// RFC 6710.
    case mtPriority
}
