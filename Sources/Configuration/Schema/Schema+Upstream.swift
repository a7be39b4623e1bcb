internal import Delivery
internal import Mail
internal import SASL
internal import SMTP
internal import Upstreams

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
            .optional(
                "tls", \.tls, .word(ClientSecurity.TLSUse.self),
                "TLS never, where the server offers STARTTLS (not verified, as what it replaces is not), by STARTTLS or not at "
                    + "all, or from the first octet (port 465)."),
            .derived(
                "tls_verify", \.tlsVerify, .flag, from: "true with starttls and implicit", example: true,
                "Whether the server's certificate must be trusted and bear its name."),
            .derived(
                "ca_file", \.caFile, .path("/etc/posthorse/ca.pem"), from: "the system's authorities",
                example: "/etc/posthorse/ca.pem", "PEM file of the authorities that are trusted instead."),
            .derived(
                "tls_name", \.tlsName, .certificateName, from: "the host of address", example: "smtp.example.com",
                "The name or IP address that the certificate must be for."),
            .derived(
                "username", \.username, .username, from: "no login", example: "relay",
                "Who the relay is to this upstream; needs one of the four keys below."),
            .derived(
                "password_file", \.passwordFile, .path("/etc/posthorse/password"), from: "none",
                example: "/etc/posthorse/password",
                "File that holds the password and nothing else, a line end excepted; read for each session."),
            .derived(
                "password_credential", \.passwordCredential, .fileName, from: "none", example: "smtp",
                "Name of a credential of systemd (LoadCredential=) that holds the password."),
            .secret(
                "password", \.password, .password, example: .password([]),
                "The password from an environment variable; it must not stand here."),
            .derived(
                "token_file", \.tokenFile, .path("/etc/posthorse/token"), from: "none", example: "/etc/posthorse/token",
                "File that holds an OAuth 2.0 access token for XOAUTH2, kept fresh by somebody else; read for each session."
            ),
            .optional(
                "auth_without_tls", \.authWithoutTLS, .flag,
                "Whether credentials may be sent where TLS is off or not sure; servers on this machine always get them."
            ),
            .optional(
                "max_connections", \.maxConnections, .integer(1...1000), "Most sessions at a time; 5 to 20 do best."),
            .optional(
                "downgrade_8bit", \.downgradesEightBit, .flag,
                "Whether 8-bit mail is re-encoded (quoted-printable, base64) where the server does not offer 8BITMIME. Signatures "
                    + "such as DKIM's do not survive that; without it such mail goes to another upstream, or waits."),
            .derived(
                "provider", \.provider, .provider, from: "by the host of address", example: Provider.noneName,
                "Whose replies and header fields to expect; none is nobody's."),
            .derived(
                "max_rate", \.maxRate, .rate(1...1_000_000), from: "no limit",
                example: Rate(count: 14, per: .seconds(1)),
                "Most messages in a time; what is more goes to the next upstream or waits, by the overflow of its route."
            ),
            .optional(
                "weight", \.weight, .integer(1...1000),
                "Its share in routes of mode weighted and least_connections, beside the weights of the others."),
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
        ], parts: [Subsection(upstreamRule, \.rules)])

    static let upstreamRule = Section(
        "upstream.rule", isList: true, isComment: true,
        "What certain replies of the upstream before it mean; one table for each, the first that fits decides, before the "
            + "rules for its provider and before all others. 100 for one upstream are the most.",
        prototype: UpstreamRule(match: "", scope: .message, action: .retryLater),
        keys: [
            .required(
                "match", \.match, .replyPattern, example: "^554 .*sending paused",
                "A regular expression that is found in the code and text of the reply; case does not count."),
            .required(
                "scope", \.scope, .word(FailureScope.self), example: .account,
                "Whom the reply is about; the circuit hears of transport and account, and of refusals that others refute."
            ),
            .required(
                "action", \.action, .word(FailureAction.self), example: .nextUpstream,
                "Go to the next upstream, also send more slowly here, try later, send the recipient in the next "
                    + "transaction, ask another upstream before the recipient or message fails, or let it fail at once."
            ),
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
