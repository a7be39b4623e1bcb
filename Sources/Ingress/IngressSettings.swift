internal import Mail
package import SASL
package import SMTP
package import TLS

/// One `[[listener]]` of relay.conf.
package struct ListenerSettings: Hashable, Sendable {
    /// When a listener uses TLS.
    package enum TLSMode: String, Hashable, Sendable, CaseIterable {
        case off
        /// STARTTLS is offered (RFC 3207).
        case starttls
        /// The same, and no mail is accepted in clear text.
        case required
        /// From the first octet (RFC 8314 section 3.3).
        case implicit
    }

    /// Who must log in.
    package enum AuthMode: String, Hashable, Sendable, CaseIterable {
        /// Nobody can: `allow` alone decides.
        case off
        /// Clients outside `allow`.
        case optional
        /// Everybody.
        case required
    }

    /// `127.0.0.1`, `::1`, `0.0.0.0`; without brackets.
    package var host: String
    package var port: Int
    /// Networks whose clients may relay, `10.0.0.0/8` or `::1/128`.
    package var allow: [String] = ["127.0.0.0/8", "::1/128"]
    /// Maximum octets of content.
    package var maxMessageSize = 50 << 20
    package var maxRecipients = 1000
    /// Number of Received fields from which on a message is assumed to loop (RFC 5321 section 6.3).
    package var maxHops = 50
    /// Maximum concurrent sessions of this listener.
    package var maxConnections = 10_000
    /// Maximum concurrent sessions per client address; 0 is no limit.
    package var maxConnectionsPerClient = 0
    /// Time limit for the next command.
    package var commandTimeout = Duration.seconds(300)
    /// Time limit for the next octets of content.
    package var dataTimeout = Duration.seconds(180)
    /// Time limit from MAIL to the end of the content.
    package var transactionTimeout = Duration.seconds(1800)
    /// Rejected commands after which the session is closed.
    package var maxErrors = 20
    package var tlsMode = TLSMode.off
    /// PEM files of certificates with their chains; the first is the default for clients that name no host.
    package var certificates: [String] = []
    /// The keys of the certificates, in the same order; empty if each is in the file of its certificate.
    package var privateKeys: [String] = []
    /// PEM file of the authorities for client certificates; nil to request none.
    package var clientCA: String?
    package var auth = AuthMode.off
    /// Whether passwords are accepted in clear text.
    package var authWithoutTLS = false
    /// The only ways to log in that are offered, of those that are possible; nil for all of them.
    package var mechanisms: [SASLMechanism]?
    /// The extensions.
    package var offer = ServerOffer.everything
    /// Commands without a message after which the session is closed.
    package var maxCommands = 1000
    /// Networks of proxies, whose connections begin with a PROXY header.
    package var proxyProtocol: [String] = []
    /// Time limit for that header.
    package var proxyTimeout = Duration.seconds(5)
    /// Period in which a resubmitted message counts as the original; zero to disable.
    package var dedupWindow = Duration.zero
    /// Whether addresses that violate the grammar of RFC 5321 section 4.1.2 are refused.
    package var strictAddresses = false
    /// As whom its clients may send; nil for anybody.
    package var senders: AllowedSenders?

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The TLS files; nil without TLS.
    package var tls: TLSServerSettings? {
        guard tlsMode != .off, !certificates.isEmpty else { return nil }
        let keys = privateKeys.isEmpty ? certificates : privateKeys
        return TLSServerSettings(
            certificates: zip(certificates, keys).map { TLSCertificateFiles(certificate: $0, privateKey: $1) },
            clientCA: clientCA)
    }

    /// The same for messages that come by the API: limits and checks are the listener's, and who may send is decided already.
    var forSubmissions: ListenerSettings {
        var settings = self
        settings.allow = ["0.0.0.0/0", "::/0"]
        (settings.tlsMode, settings.auth, settings.proxyProtocol) = (.off, .off, [])
        (settings.certificates, settings.privateKeys, settings.clientCA) = ([], [], nil)
        settings.offer = .everything
        return settings
    }

    package var isTLSImplicit: Bool { tlsMode == .implicit }
}

/// Settings of ingress, from relay.conf.
package struct IngressSettings: Hashable, Sendable {
    /// The relay's own name, in the banner and in `Received:`.
    package var hostname = "localhost"
    package var listeners: [ListenerSettings] = []
    /// Users in relay.conf.
    package var users: [UserSettings] = []
    /// Users in `users_file`; their names differ from those in ``users``.
    package var usersOfFile: [UserSettings] = []
    package var login = LoginSettings()
    package var limits = LimitSettings()
    /// Header fields whose values are stored with a message, for its route and its upstream; at most 64.
    package var capturedHeaders: [String] = []
    /// Those of them, in lower case, that relay.conf adds where a message has none.
    package var addedHeaders: [String] = []
    /// In order.
    package var rewrites: [RewriteRule] = []

    package init() {}

    /// What is looked for in the header of each message.
    var capturedFields: FieldNames { FieldNames(capturedHeaders, added: addedHeaders) }
}
