internal import Outbound
internal import Webhooks

extension Schema {
    private static let longest = Duration.seconds(3650 * 86400)

    static let webhook = Section(
        "webhook", isList: true, isComment: true,
        "Where applications hear what became of their mail, as HTTP requests; one table for each. At most 32.",
        prototype: ConfigurationDraft.webhook,
        keys: [
            .required("name", \.name, .label, example: "app", "Name in logs, metrics and commands; unique."),
            .required(
                "url", \.url, .webURL, example: ConfigurationDraft.webhook.url,
                "Where events are sent, with POST. The path is not shown in logs."
            ).hidden,
            .derived(
                "secret_file", \.secretFile, .path("/etc/posthorse/webhook.secret"), from: "no signature",
                example: "/etc/posthorse/webhook.secret",
                "File with the signing secret (whsec_...), or two, one a line, while a new one takes over; read for each "
                    + "request."),
            .optional(
                "events", \.events, .webhookEvents,
                "Which events. suppressed is a failure because the address is on a suppression list; dropped is what an "
                    + "operator drops."),
            .optional(
                "users", \.users, .userNames, "Users about whose mail it hears; an empty list means all mail."),
            .optional(
                "streams", \.streams, .streamPatterns,
                "Streams about whose mail it hears, names or patterns with \"*\"; an empty list means all mail."),
            .derived(
                "ca_file", \.caFile, .path("/etc/posthorse/ca.pem"), from: "the system's authorities",
                example: "/etc/posthorse/ca.pem", "PEM file with the authorities to trust instead."),
            .optional(
                "private", \.allowsPrivate, .flag,
                "Whether the receiver may have a private, loopback or link-local address."),
            .optional(
                "timeout", \.timeout, .duration(.milliseconds(100)...(.seconds(60))),
                "Longest time for one request, from the query for the name to the answer."),
            .optional(
                "concurrency", \.concurrency, .integer(1...100), "Requests that may be under way at the same time."),
            .optional(
                "attempts", \.attempts, .integer(1...1000),
                "Attempts after which an event is given up; it stays for an operator."),
            .optional(
                "retry_for", \.retryFor, .duration(.seconds(60)...(.seconds(30 * 86400))),
                "Time after which an event that was tried is given up; it stays for an operator."),
            .optional(
                "keep", \.keep, .duration(.seconds(60)...longest),
                "Age at which an event is removed, given up or not."),
            .optional(
                "max_events", \.maxEvents, .integer(1...10_000_000),
                "The most events that are kept; the oldest go first."),
            .optional(
                "max_bytes", \.maxOctets, .size((1 << 20)...Int.max), "The most they take; the oldest go first."),
        ])
}

extension ConfigurationDraft {
    /// Initial value of a `[[webhook]]`; its name and URL are required.
    static let webhook = WebhookSettings(
        name: "", url: WebURL(scheme: .https, host: "app.example.com", pathAndQuery: "/posthorse"))
}
