package import SMTP
package import TLS

/// One `[[listener]]` of relay.conf.
package struct ListenerSettings: Hashable, Sendable {
    /// `127.0.0.1`, `::1`, `0.0.0.0`; without brackets.
    package var host: String
    package var port: Int
    /// Networks whose clients may relay, `10.0.0.0/8` or `::1/128`.
    package var allow: [String] = ["127.0.0.0/8", "::1/128"]
    /// Octets of content.
    package var maxMessageSize = 50 << 20
    package var maxRecipients = 1000
    /// Sessions at a time on this listener.
    package var maxConnections = 10_000
    /// Sessions at a time from one client address; 0 is no limit.
    package var maxConnectionsPerClient = 0
    /// Time for the next command.
    package var commandTimeout = Duration.seconds(300)
    /// Time for the next octets of content.
    package var dataTimeout = Duration.seconds(180)
    /// Time from MAIL to the end of the content.
    package var transactionTimeout = Duration.seconds(1800)
    /// Commands in error, after which the session is closed.
    package var maxErrors = 20
    /// Certificates, where the listener speaks TLS: by STARTTLS, or from the first octet.
    package var tls: TLSServerSettings?
    /// Whether TLS begins with the connection (RFC 8314 section 3.3), not with STARTTLS.
    package var isTLSImplicit = false
    /// The extensions, and what is demanded before mail is taken; each only as far as delivery can honour it.
    package var offer = ServerOffer()
    /// Commands without a message, after which the session is closed.
    package var maxCommands = 1000
    /// Networks of proxies, whose connections begin with a header of the PROXY protocol.
    package var proxyProtocol: [String] = []
    /// Time for that header.
    package var proxyTimeout = Duration.seconds(5)

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// All that ingress takes from relay.conf.
package struct IngressSettings: Hashable, Sendable {
    /// The relay's own name, in the banner and in `Received:`.
    package var hostname = "localhost"
    package var listeners: [ListenerSettings] = []
    /// Those of relay.conf.
    package var users: [UserSettings] = []
    /// Those of `users_file`; none has the name of one of ``users``.
    package var usersOfFile: [UserSettings] = []
    package var login = LoginSettings()
    package var limits = LimitSettings()

    package init() {}
}
