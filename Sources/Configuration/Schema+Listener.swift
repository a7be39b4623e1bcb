internal import Ingress

extension Schema {
    private static let wait = ValueKind<Duration>.duration(.milliseconds(10)...(.seconds(86400)))

    static let listener = Section(
        "listener", isList: true,
        "Where applications hand in mail; one table for each address. Without any, the relay listens as if one empty "
            + "table were given.",
        prototype: ConfigurationDraft.listener,
        keys: [
            .optional(
                "address", \.address, .source,
                "IP address and port; 0.0.0.0 and [::] are every address of the machine, port 0 any free port."),
            .fixed(
                "tls", "off", later: ["starttls", "required", "implicit"], "This version speaks plain SMTP only."),
            .fixed("auth", "off", later: ["optional", "required"], "This version has no authentication; see allow."),
            .optional("allow", \.allow, .networks, "Networks whose clients may relay; all others are refused."),
            .optional(
                "max_message_size", \.maxMessageSize, .size(1024...(1 << 40)),
                "Largest message that is accepted, without the relay's own header; announced by SIZE."),
            .optional(
                "max_recipients", \.maxRecipients, .integer(1...100_000), "Most recipients of one message."),
            .optional(
                "max_connections", \.maxConnections, .integer(1...1_000_000), "Most sessions at a time."),
            .optional(
                "max_connections_per_client", \.maxConnectionsPerClient, .integer(0...1_000_000),
                "Most sessions at a time from one client address; 0 is no limit."),
            .optional("command_timeout", \.commandTimeout, wait, "Longest wait for the next command."),
            .optional("data_timeout", \.dataTimeout, wait, "Longest wait for the next octets of content."),
            .optional(
                "transaction_timeout", \.transactionTimeout, wait, "Longest time from MAIL to the end of the content."),
            .optional(
                "max_errors", \.maxErrors, .integer(1...10_000), "Commands in error, after which a session is closed."),
            .optional(
                "max_commands", \.maxCommands, .integer(1...1_000_000),
                "Commands since the last message, other than RCPT and DATA, after which a session is closed."),
            .optional(
                "proxy_protocol", \.proxyProtocol, .networks,
                "Networks of proxies: their connections must begin with a PROXY header, version 1 or 2, which names the "
                    + "client."),
        ])
}

extension ListenerSettings {
    /// Host and port as the one value that relay.conf has.
    var address: HostAndPort {
        get { HostAndPort(host: host, port: port) }
        set {
            host = newValue.host
            port = newValue.port
        }
    }
}
