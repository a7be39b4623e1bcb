internal import Delivery

extension Schema {
    private static let wait = ValueKind<Duration>.duration(.milliseconds(10)...(.seconds(86400)))

    static let upstream = Section(
        "upstream", isList: true,
        "A provider or smarthost that mail is handed to; one table for each, the first is used as long as it works. At "
            + "least one is needed, 64 are the most.",
        prototype: ConfigurationDraft.upstream,
        keys: [
            .required("name", \.name, .label, example: "primary", "How logs, metrics and commands call it; unique."),
            .required(
                "address", \.address, .destination, example: HostAndPort(host: "smtp.example.com", port: 25),
                "Host name or IP address, and port; every address of the name is tried."),
            .fixed(
                "tls", "off", later: ["opportunistic", "starttls", "implicit"], "This version speaks plain SMTP only."),
            .optional(
                "max_connections", \.maxConnections, .integer(1...1000), "Most sessions at a time; 5 to 20 do best."),
            .optional(
                "in_doubt", \.inDoubt, .word(UpstreamSettings.InDoubtPolicy.self),
                "After a connection lost between the final dot and its reply: same upstream, next one, or an operator."),
            .optional(
                "in_doubt_hold", \.inDoubtHold, .duration(.zero...(.seconds(30 * 86400))),
                "How long a message stays in doubt before in_doubt decides."),
            .optional(
                "patience", \.patience, wait,
                "An attempt without progress for so long before the final dot moves on to the next upstream."),
            .optional("connect_timeout", \.connectTimeout, wait, "Longest wait for the TCP connection."),
            .optional(
                "command_timeout", \.commandTimeout, wait,
                "Longest wait for the reply to a command, where there is no other upstream to go to."),
            .optional("data_timeout", \.dataTimeout, wait, "Longest wait for the reply to the final dot."),
            .optional("idle_timeout", \.idleTimeout, wait, "A session without mail is closed after so long."),
            .optional(
                "max_messages_per_connection", \.maxMessagesPerConnection, .integer(1...1_000_000),
                "A session is closed after so many messages."),
        ])
}

extension UpstreamSettings {
    /// Host and port as the one value that relay.conf has.
    var address: HostAndPort {
        get { HostAndPort(host: host, port: port) }
        set {
            host = newValue.host
            port = newValue.port
        }
    }
}
