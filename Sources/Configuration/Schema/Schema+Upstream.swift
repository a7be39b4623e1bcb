internal import Delivery
internal import Mail
internal import SASL
internal import SMTP
internal import Upstreams

extension Schema {
    private static let wait = ValueKind<Duration>.duration(.milliseconds(10)...(.seconds(86400)))

    static let upstream = Section(
        "upstream", isList: true,
        "A provider or smarthost that mail is delivered to; one table for each, and the first is used as long "
            + "as it works. At least one, at most 64.",
        prototype: ConfigurationDraft.upstream,
        keys: [
            .required("name", \.name, .label, example: "primary", "Name in logs, metrics and commands; unique."),
            .required(
                "address", \.address, .destination, example: HostAndPort(host: "smtp.example.com", port: 25),
                "Host name or IP address, and port; all healthy addresses of the name are used."),
            .optional(
                "tls", \.tls, .word(ClientSecurity.TLSUse.self),
                "No TLS; STARTTLS if the server offers it (not verified, since clear text is the alternative); "
                    + "STARTTLS required; or TLS from the first byte (port 465)."),
            .derived(
                "tls_verify", \.tlsVerify, .flag, from: "true with starttls and implicit", example: true,
                "Whether the server's certificate must be trusted and match its name."),
            .derived(
                "ca_file", \.caFile, .path("/etc/posthorse/ca.pem"), from: "the system's authorities",
                example: "/etc/posthorse/ca.pem", "PEM file with the authorities to trust instead."),
            .derived(
                "tls_name", \.tlsName, .certificateName, from: "the host of address", example: "smtp.example.com",
                "Name or IP address that the certificate must be for."),
            .derived(
                "username", \.username, .username, from: "no login", example: "relay",
                "User name for this upstream; needs one of the four keys below, or [upstream.oauth2]."),
            .derived(
                "password_file", \.passwordFile, .path("/etc/posthorse/password"), from: "none",
                example: "/etc/posthorse/password",
                "File with the password and nothing else but a line end; read for each session."),
            .derived(
                "password_credential", \.passwordCredential, .fileName, from: "none", example: "smtp",
                "Name of a systemd credential (LoadCredential=) with the password."),
            .secret(
                "password", \.password, .password, example: .password([]),
                "Password from an environment variable; the password itself must not be written here."),
            .derived(
                "token_file", \.tokenFile, .path("/etc/posthorse/token"), from: "none", example: "/etc/posthorse/token",
                "File with an OAuth 2.0 access token, refreshed by another program; read for each session. See "
                    + "[upstream.oauth2] for a relay that does it by itself."
            ),
            .derived(
                "mechanism", \.mechanism, .mechanism, from: "the strongest possible", example: .plain,
                "The only AUTH mechanism to use, named as in EHLO. Without it, a server that refuses the strongest is "
                    + "asked once with the next one."),
            .optional(
                "auth_without_tls", \.authWithoutTLS, .flag,
                "Whether credentials may be sent if TLS is off or optional; servers on this machine always get "
                    + "them."
            ),
            .optional(
                "max_connections", \.maxConnections, .connections(1...1000),
                "Maximum number of concurrent sessions; auto starts with 5 and opens more while mail waits and more "
                    + "carry more."),
            .derived(
                "auto_max", \.autoMax, .integer(1...1000),
                from: "\(UpstreamSettings.defaultAutoMax), or fewer where the provider publishes that",
                example: UpstreamSettings.defaultAutoMax, "The most sessions that max_connections = \"auto\" may open."),
            .optional(
                "pipelining", \.pipelining, .word(UpstreamSettings.Pipelining.self),
                "Whether commands are sent together if the server offers PIPELINING; auto sends them one by one for a "
                    + "while after the server has dropped some."),
            .optional(
                "downgrade_8bit", \.downgradesEightBit, .flag,
                "Whether 8-bit mail is re-encoded (quoted-printable, base64) if the server does not offer "
                    + "8BITMIME. Signatures such as DKIM's do not survive that; without it such mail goes to another "
                    + "upstream, or waits."),
            .derived(
                "provider", \.provider, .provider, from: "by the host of address", example: Provider.noneName,
                "Provider whose replies and header fields to expect; none disables provider rules."),
            .derived(
                "max_rate", \.maxRate, .rate(1...1_000_000), from: "no limit",
                example: Rate(count: 14, per: .seconds(1)),
                "Rate limit; mail beyond it goes to the next upstream or waits, as the overflow of its route says."
            ),
            .optional(
                "quota", \.quota, .quotas,
                "Recipients that it allows per day or month of the calendar, or in any span such as 24h; mail beyond "
                    + "goes to the next upstream or waits."),
            .optional(
                "quota_timezone", \.quotaTimezone, .timeZone,
                "Where the days and months of quota begin: as the provider counts them."),
            .optional(
                "quota_warn", \.quotaWarn, .number(0.01...1),
                "Share of a quota at which the log warns, once per period."),
            .optional(
                "weight", \.weight, .integer(1...1000),
                "Its weight relative to the others in routes with mode weighted or least_connections."),
            .optional(
                "canary", \.canary, .steps,
                "Percentages of its traffic that it gets while it is new, step by step, before it gets all of it; each "
                    + "step takes step_duration of [recovery] without trouble, and mail that was delivered. [] is all at "
                    + "once."),
            .optional(
                "in_doubt", \.inDoubt, .word(UpstreamSettings.InDoubtPolicy.self),
                "What follows a connection lost between the final dot and its reply: the same upstream again, "
                    + "the next one, or an operator decides."),
            .optional(
                "in_doubt_hold", \.inDoubtHold, .duration(.zero...(.seconds(30 * 86400))),
                "How long a message stays in doubt before in_doubt decides."),
            .optional(
                "patience", \.patience, wait,
                "How long an attempt may make no progress before its final dot; then the message moves on to "
                    + "the next upstream."),
            .optional(
                "connect_timeout", \.connectTimeout, wait,
                "Longest wait for the TCP connection, and for a greeting that is known to be slow."),
            .optional(
                "command_timeout", \.commandTimeout, wait,
                "Longest wait for the reply to a command if there is no other upstream to move to."),
            .optional("data_timeout", \.dataTimeout, wait, "Longest wait for the reply to the final dot."),
            .optional("idle_timeout", \.idleTimeout, wait, "A session without mail is closed after this time."),
            .optional(
                "max_messages_per_connection", \.maxMessagesPerConnection, .integer(1...1_000_000),
                "Number of messages after which a session is closed."),
            .derived(
                "sender", \.sender, .senderTemplate, from: "the message's own", example: SenderTemplate.example,
                "Envelope sender of everything handed to this upstream; \"{queue_id}\" becomes the queue ID, so that a "
                    + "bounce that comes back later finds its message. The empty sender <> stays."),
            .derived(
                "source_address", \.sourceAddress, .sourceAddress, from: "the system's choice",
                example: IPAddress.example,
                "IP address of this machine that sessions come from; they go to addresses of the same family only."),
            .optional(
                "headers", \.headers, .addedFields,
                "Header fields, \"Name: value\", put in front of each message that has no field of that name, from the "
                    + "application or from its route."),
        ], parts: [Subsection(table: upstreamOAuth, \.oauth2), Subsection(upstreamRule, \.rules)])

    static let upstreamRule = Section(
        "upstream.rule", isList: true, isComment: true,
        "What certain replies of the preceding upstream mean; one table for each. The first match decides, "
            + "ahead of the provider's rules and all others. At most 100 per upstream.",
        prototype: UpstreamRule(match: "", scope: .message, action: .retryLater),
        keys: [
            .required(
                "match", \.match, .replyPattern, example: "^554 .*sending paused",
                "Regular expression, searched in the code and text of the reply; case is ignored."),
            .required(
                "scope", \.scope, .word(FailureScope.self), example: .account,
                "Whom the reply is about; transport and account count for the circuit, and so do refusals that "
                    + "other upstreams refute."
            ),
            .required(
                "action", \.action, .word(FailureAction.self), example: .nextUpstream,
                "Go to the next upstream, also send more slowly here, retry later, send the recipient in the "
                    + "next transaction, send the message in a new session, open fewer sessions, ask another upstream before the recipient or message fails, or fail at once."
            ),
        ])
}

extension UpstreamSettings {
    /// Host and port as relay.conf's single value.
    var address: HostAndPort {
        get { HostAndPort(host: host, port: port) }
        set {
            host = newValue.host
            port = newValue.port
        }
    }
}
