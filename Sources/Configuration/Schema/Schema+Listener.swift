internal import Ingress
internal import SASL

extension Schema {
    private static let wait = ValueKind<Duration>.duration(.milliseconds(10)...(.seconds(86400)))

    static let listener = Section(
        "listener", isList: true,
        "Where applications hand in mail; one table for each address. Without any, the relay listens as if "
            + "there were one empty table.",
        prototype: ConfigurationDraft.listener,
        keys: [
            .optional(
                "address", \.address, .source,
                "IP address and port; 0.0.0.0 is every IPv4 address of the machine, [::] every IPv6 address and "
                    + "no IPv4, so both together are two listeners; port 0 is any free port."),
            .optional(
                "tls", \.tlsMode, .word(ListenerSettings.TLSMode.self),
                "No TLS, optional STARTTLS, STARTTLS required before any mail, or TLS from the first byte (port "
                    + "465)."),
            .optional(
                "certificate", \.certificates, .paths("/etc/posthorse/relay.pem"),
                "PEM file with the certificate and its chain, or a list of such files: clients get the one for "
                    + "the name they ask for, else the first. Read again when they change, and on SIGHUP."),
            .optional(
                "private_key", \.privateKeys, .paths("/etc/posthorse/relay.key"),
                "PEM file with the key, or a list in the order of certificate; none if the keys are in those "
                    + "files."),
            .derived(
                "client_ca", \.clientCA, .path("/etc/posthorse/clients.pem"), from: "no client certificates",
                example: "/etc/posthorse/clients.pem",
                "PEM file with authorities: a client with a certificate issued by one of them is logged in as "
                    + "its common name."),
            .optional(
                "auth", \.auth, .word(ListenerSettings.AuthMode.self),
                "Who must log in: nobody (logins are off), clients outside allow, or everybody."),
            .optional(
                "auth_without_tls", \.authWithoutTLS, .flag,
                "Whether logins, and so passwords, are accepted in clear text."),
            .derived(
                "mechanisms", \.mechanisms, .mechanisms, from: "all that are possible", example: SASLMechanism.served,
                "The only AUTH mechanisms offered, named as in EHLO; SCRAM needs keys in every password hash, and -PLUS "
                    + "also TLS 1.3."),
            .optional(
                "allow", \.allow, .networks,
                "Networks whose clients may relay without a login; all others are refused, or must log in if "
                    + "auth allows it."
            ),
            .optional(
                "max_message_size", \.maxMessageSize, .size(1024...(1 << 40)),
                "Maximum size of a message, without the relay's own header; announced by SIZE."),
            .optional(
                "max_recipients", \.maxRecipients, .integer(1...100_000), "Maximum number of recipients of one message."
            ),
            .optional(
                "max_hops", \.maxHops, .integer(1...1000),
                "Number of Received fields from which on a message counts as looping and is refused."),
            .optional(
                "max_connections", \.maxConnections, .integer(1...1_000_000), "Maximum number of concurrent sessions."),
            .optional(
                "max_connections_per_client", \.maxConnectionsPerClient, .integer(0...1_000_000),
                "Maximum number of concurrent sessions from one client address (IPv6: from one /64); 0 is no "
                    + "limit."),
            .optional("command_timeout", \.commandTimeout, wait, "Longest wait for the next command."),
            .optional("data_timeout", \.dataTimeout, wait, "Longest wait for more content."),
            .optional(
                "transaction_timeout", \.transactionTimeout, wait, "Longest time from MAIL to the end of the content."),
            .optional(
                "max_errors", \.maxErrors, .integer(1...10_000),
                "Number of erroneous commands after which a session is closed."),
            .optional(
                "max_commands", \.maxCommands, .integer(1...1_000_000),
                "Number of commands since the last message, other than RCPT and DATA, after which a session is "
                    + "closed."),
            .optional(
                "proxy_protocol", \.proxyProtocol, .networks,
                "Networks of proxies: their connections must start with a PROXY header, version 1 or 2, which "
                    + "names the client."),
            .optional(
                "dedup_window", \.dedupWindow, .duration(.zero...(.seconds(7 * 86400))),
                "A message handed in again within this time gets the first queue ID and is delivered once: the "
                    + "same Idempotency-Key, or the same Message-ID, envelope and content; 0s disables this."),
            .optional(
                "strict_addresses", \.strictAddresses, .flag,
                "Refuse addresses that the grammar forbids (a..b@, user.@, no angle brackets, blanks within "
                    + "them, a dot after the domain). Otherwise they are accepted, and the local part goes out as it "
                    + "came."),
            .derived(
                "senders", \.senders, .senders, from: "anybody", example: AllowedSenders.example,
                "As whom clients may send here: the envelope sender and every address of From: must fit one of these, and "
                    + "those of the user too."),
        ])
}

extension ListenerSettings {
    /// Host and port as relay.conf's single value.
    var address: HostAndPort {
        get { HostAndPort(host: host, port: port) }
        set {
            host = newValue.host
            port = newValue.port
        }
    }
}
