package import SASL
package import SMTP

/// One `[[upstream]]` of relay.conf.
package struct UpstreamSettings: Hashable, Sendable {
    /// What happens to a message that is in doubt, once `inDoubtHold` has passed.
    package enum InDoubtPolicy: String, Hashable, Sendable, CaseIterable {
        /// Same upstream, same bytes, same IDs.
        case retrySame = "retry_same"
        /// The next upstream.
        case failover
        /// Nothing, until an operator decides.
        case hold
    }

    package var name: String
    package var host: String
    package var port: Int
    package var tls = ClientSecurity.TLSUse.opportunistic
    /// Whether the certificate must be trusted and bear the server's name; nil means that it must where TLS is required. It
    /// is never verified where TLS is only welcome, which comes to nothing against who can remove TLS altogether (RFC 7435
    /// section 1.2).
    package var tlsVerify: Bool?
    /// A PEM file of the authorities that are trusted; nil means the system's.
    package var caFile: String?
    /// The name that the certificate must bear where it is not the host's.
    package var tlsName: String?
    /// Who we are to this upstream; nil where it does not ask.
    package var username: String?
    package var password: Credentials.Secret?
    package var passwordFile: String?
    /// Name of a credential that the service manager hands over, in the directory `$CREDENTIALS_DIRECTORY`.
    package var passwordCredential: String?
    /// A file of OAuth 2.0 access tokens, for XOAUTH2.
    package var tokenFile: String?
    /// Whether credentials may cross a connection that is not encrypted, or not to a server that is known.
    package var authWithoutTLS = false
    package var maxConnections = 20
    package var inDoubt = InDoubtPolicy.retrySame
    package var inDoubtHold = Duration.seconds(60)
    /// An attempt that makes no progress for so long before the final dot moves on to the next upstream.
    package var patience = Duration.milliseconds(800)
    /// Time for the TCP connection.
    package var connectTimeout = Duration.seconds(5)
    /// Time for the reply to a command, when there is no other upstream to go to.
    package var commandTimeout = Duration.seconds(30)
    /// Time for the reply to the final dot.
    package var dataTimeout = Duration.seconds(300)
    /// A session without mail is closed after so long.
    package var idleTimeout = Duration.seconds(30)
    /// A session is closed after so many messages.
    package var maxMessagesPerConnection = 1000

    package init(name: String, host: String, port: Int) {
        self.name = name
        self.host = host
        self.port = port
    }
}

extension UpstreamSettings {
    /// Whether a session under TLS knows whom it talks to.
    package var verifiesTLS: Bool {
        switch tls {
        case .off, .opportunistic: false
        case .starttls, .implicit: tlsVerify ?? true
        }
    }

    /// Where the secret is found; nil without an account.
    package var secretSource: SecretSource? {
        if let password { return .password(password) }
        if let passwordFile { return .passwordFile(passwordFile) }
        if let passwordCredential { return .credential(passwordCredential) }
        return tokenFile.map { .tokenFile($0) }
    }

    /// Whether the server runs on this machine, so that what is said to it crosses no network.
    package var isLocal: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 < 0x3A })
    }

    /// Whether credentials may be shown to a server that is not known under TLS (RFC 4954 section 4).
    package var allowsAuthWithoutTLS: Bool { authWithoutTLS || isLocal }
}

/// Where the secret of an account is found.
package enum SecretSource: Hashable, Sendable {
    /// It is at hand.
    case password(Credentials.Secret)
    /// Path of a file that holds a password.
    case passwordFile(String)
    /// Name of a file in `$CREDENTIALS_DIRECTORY` that holds a password.
    case credential(String)
    /// Path of a file that holds an access token of OAuth 2.0, which somebody else keeps fresh.
    case tokenFile(String)
}

/// The `[circuit]` table of relay.conf.
package struct CircuitSettings: Hashable, Sendable {
    /// So many failures in a row open the circuit.
    package var consecutiveFailures = 5
    /// For so long an open circuit keeps mail away, the first time.
    package var openDuration = Duration.seconds(10)
    /// Doubling stops here.
    package var maxOpenDuration = Duration.seconds(600)

    package init() {}
}

/// The `[retry]` table of relay.conf: when a deferred recipient is tried again.
package struct RetrySettings: Hashable, Sendable {
    /// The wait after the first cycle that failed.
    package var initial = Duration.seconds(30)
    /// Each wait is so many times the one before.
    package var factor = 2.0
    package var max = Duration.seconds(3600)
    /// Each wait is varied by up to so much of itself, either way; 0 to 1.
    package var jitter = 0.2
    /// A recipient that is so old, counted from acceptance, fails.
    package var expireAfter = Duration.seconds(5 * 86400)

    package init() {}
}

/// All that the delivery takes from relay.conf.
package struct DeliverySettings: Hashable, Sendable {
    /// The relay's own name, for EHLO.
    package var hostname = "localhost"
    /// In order of priority; at least one.
    package var upstreams: [UpstreamSettings] = []
    package var circuit = CircuitSettings()
    package var retry = RetrySettings()

    package init() {}
}
