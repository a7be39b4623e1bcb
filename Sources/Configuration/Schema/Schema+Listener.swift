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
                "IP address and port; 0.0.0.0 is every IPv4 address of the machine, [::] every IPv6 address and no other, so "
                    + "both together are two listeners; port 0 is any free port."),
            .optional(
                "tls", \.tlsMode, .word(ListenerSettings.TLSMode.self),
                "TLS never, on request by STARTTLS, by STARTTLS before any mail is taken, or from the first octet (port "
                    + "465)."),
            .optional(
                "certificate", \.certificates, .paths("/etc/posthorse/relay.pem"),
                "PEM file of the certificate and its chain, or a list of such files: clients are shown the one for the "
                    + "name they ask for, else the first. Read again when they change, and on SIGHUP."),
            .optional(
                "private_key", \.privateKeys, .paths("/etc/posthorse/relay.key"),
                "PEM file of the key, or a list in the order of certificate; none where the keys are in those files."),
            .derived(
                "client_ca", \.clientCA, .path("/etc/posthorse/clients.pem"), from: "no client certificates",
                example: "/etc/posthorse/clients.pem",
                "PEM file of authorities: a client with a certificate of theirs is logged in as its common name."),
            .optional(
                "auth", \.auth, .word(ListenerSettings.AuthMode.self),
                "Who has to log in: nobody can, those who are not in allow, or everybody."),
            .optional(
                "auth_without_tls", \.authWithoutTLS, .flag, "Whether logins, and so passwords, are taken in clear."),
            .optional(
                "allow", \.allow, .networks,
                "Networks whose clients may relay without a login; all others are refused, or log in where auth lets them."
            ),
            .optional(
                "max_message_size", \.maxMessageSize, .size(1024...(1 << 40)),
                "Largest message that is accepted, without the relay's own header; announced by SIZE."),
            .optional(
                "max_recipients", \.maxRecipients, .integer(1...100_000), "Most recipients of one message."),
            .optional(
                "max_connections", \.maxConnections, .integer(1...1_000_000), "Most sessions at a time."),
            .optional(
                "max_connections_per_client", \.maxConnectionsPerClient, .integer(0...1_000_000),
                "Most sessions at a time from one client address, of IPv6 from one /64; 0 is no limit."),
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
            .optional(
                "dedup_window", \.dedupWindow, .duration(.zero...(.seconds(7 * 86400))),
                "A message that is handed in again within so long gets the first one's queue ID and is delivered once: the "
                    + "same Idempotency-Key, or the same Message-ID, envelope and content; 0s is never."),
            .optional(
                "strict_addresses", \.strictAddresses, .flag,
                "Refuse addresses that the grammar forbids (a..b@, user.@, no angle brackets, blanks within them, a dot behind "
                    + "the domain). Otherwise they are taken, and the local part goes out as it came."),
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
