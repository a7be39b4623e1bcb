internal import Alerts

extension Schema {
    static let alerts = Section(
        "alerts", "The alerts that are on without being written here. docs/alerts.md has them.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "defaults", \.alerts.usesDefaults, .flag,
                "Whether they are on. An [[alert]] with the name of one takes its place."),
            .optional(
                "notify", \.alerts.defaultNotify, .labelsOrNone,
                "Names of the [[notify]] that are told of them; the log always is."),
        ])

    static let alert = Section(
        "alert", isList: true, isComment: true,
        "Something that somebody is told of; one table for each. A wait is told once, and once when it is over.",
        prototype: AlertRule(name: "", kind: .onFallback),
        keys: [
            .required("name", \.name, .label, example: "slow-mail", "Name in logs, commands and messages; unique."),
            .required(
                "when", \.kind, .alertKind, example: .deliveryLatency,
                "What it is about; docs/alerts.md says it of each."),
            .derived(
                "above", \.above, .threshold, from: "by when", example: .duration(.seconds(1800)),
                "What is too much: a duration for queue_age, accept_latency, delivery_latency and certificate (less than "
                    + "that is left), a number for queue_depth and in_doubt, a percentage for bounce_rate; for disk a "
                    + "percentage that is used, or a size that is left at least."),
            .derived(
                "for", \.hold, .duration(.zero...(.seconds(30 * 86400))), from: "by when", example: .seconds(60),
                "How long it must be so before anybody is told."),
            .optional(
                "clear_for", \.clearHold, .duration(.zero...(.seconds(30 * 86400))),
                "How long it must be over before that is told: what comes and goes meanwhile is one alert."),
            .derived(
                "severity", \.severity, .word(AlertSeverity.self), from: "by when", example: .warning,
                "How much it matters."),
            .optional(
                "notify", \.notify, .labelsOrNone, "Names of the [[notify]] that are told; the log always is."),
            .optional(
                "repeat", \.again, .durationOrNone(.seconds(1)...(.seconds(365 * 86400))),
                "How often it is told again while it is so; 0s for never."),
            .derived(
                "upstream", \.upstream, .label, from: "all", example: "primary",
                "The only upstream it is about; for failed_over, on_fallback and failed_back the one that should have the "
                    + "mail."),
            .derived("route", \.route, .label, from: "all", example: "bulk", "The only route it is about."),
            .derived(
                "stream", \.stream, .streamPattern, from: "all", example: "newsletter-*",
                "For bounce_rate, the only stream it is about, or a pattern with \"*\"; it is about no upstream then."),
        ])

    static let notify = Section(
        "notify", isList: true, isComment: true,
        "Somebody who is told of alerts; one table for each.",
        prototype: NotifySettings(name: "", kind: .webhook),
        keys: [
            .required("name", \.name, .label, example: "ops", "Name in [[alert]], logs and metrics; unique."),
            .required(
                "type", \.kind, .word(NotifySettings.Kind.self), example: .webhook,
                "What it is: each takes keys of its own."),
            .derived(
                "url", \.url, .webURL, from: "none", example: "https://ops.example.com/alerts",
                "For webhook, where the JSON is posted; redirects are not followed. For pagerduty, where its events go, if "
                    + "not to the usual place."
            ).hidden,
            .derived(
                "secret_file", \.secretFile, .path("/etc/posthorse/webhook.secret"), from: "none: no signature",
                example: "/etc/posthorse/webhook.secret",
                "For webhook, file with the secret (whsec_ and Base64) that signs it as Standard Webhooks has it; two, one "
                    + "a line, while one replaces the other."),
            .derived(
                "url_file", \.urlFile, .path("/etc/posthorse/slack.url"), from: "none",
                example: "/etc/posthorse/slack.url", "For slack, file with the URL of the incoming webhook."),
            .derived(
                "routing_key_file", \.routingKeyFile, .path("/etc/posthorse/pagerduty.key"), from: "none",
                example: "/etc/posthorse/pagerduty.key", "For pagerduty, file with the routing key of Events API v2."),
            .optional(
                "to", \.to, .mailboxes, "For email, an address or a list; the mail goes the way of all mail."),
            .optional(
                "command", \.command, .words,
                "For command, a program and its arguments, without a shell; it gets the JSON on its standard input, and "
                    + "fails unless it ends with 0."),
            .optional(
                "private", \.allowsPrivate, .flag,
                "For what has a URL, whether it may lead to a private, loopback or link-local address."),
            .optional(
                "timeout", \.timeout, .duration(.milliseconds(100)...(.seconds(300))),
                "How long one try may take; a command is killed then."),
        ])
}
