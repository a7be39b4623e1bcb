internal import Delivery
internal import Spool

/// The single description of every table and key in relay.conf; validation, defaults, `relay.conf.example` and the
/// reference page derive from it.
enum Schema {
    static let root = Section(
        "", "Keys before the first table.", prototype: ConfigurationDraft(),
        keys: [
            .derived(
                "hostname", \.hostname, .domainName, from: "the machine's name", example: "relay.example.com",
                "Name of the relay in its banner, in EHLO and in Received: fields; upstreams prefer a full "
                    + "domain name. Give each relay its own name: loops are detected by it."),
            .derived(
                "threads", \.threads, .integer(1...1024), from: "the number of cores less one, at least 1", example: 1,
                "Event loops for SMTP sessions; the spool has its own threads."
            ).untilRestart,
            .optional(
                "stop_grace", \.stopGrace, .duration(.zero...(.seconds(3600))),
                "How long a stop waits for running sessions and attempts; a service manager must wait at least "
                    + "twice as long before it kills."
            ),
            .derived(
                "users_file", \.usersFile, .path("/etc/posthorse/users.toml"), from: "no file",
                example: "/etc/posthorse/users.toml",
                "File with further [[user]] tables, read again whenever it changes."),
        ])

    /// Tables that occur once.
    static let tables = [
        spool, auth, limits, health, circuit, recovery, retry, priority, bounce, history, suppression, reload, alerts,
        admin, cluster, log,
    ]

    /// Everything, in documentation order.
    static let references: [SectionReference] = [
        root.reference, spool.reference, listener.reference, user.reference, auth.reference, limits.reference,
        rewrite.reference, upstream.reference, upstreamOAuth.reference, upstreamRule.reference, route.reference,
        pace.reference, stream.reference, health.reference, circuit.reference, recovery.reference, retry.reference,
        retryHigh.reference, retryBulk.reference, priority.reference, bounce.reference, history.reference,
        suppression.reference, webhook.reference, roundTrip.reference, mailbox.reference, mailboxOAuth.reference,
        reload.reference, alerts.reference, alert.reference, notify.reference, admin.reference, adminToken.reference,
        cluster.reference, log.reference,
    ]

    static let spool = Section(
        "spool", "Where accepted mail is stored until it is delivered.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "path", \.spool.path, .path("/var/lib/posthorse"),
                "Data directory; created if missing, readable by its owner only."
            ).untilRestart,
            .optional(
                "min_free_space", \.spool.minFreeSpace, .size(0...Int.max),
                "Mail is refused with 452 while the file system has less free space than this."),
            .optional(
                "max_bytes", \.spool.maxOctets, .size(0...Int.max),
                "Mail is refused with 452 while queued messages take more than this; 0 is no limit."),
            .optional(
                "memory_budget", \.spool.memoryBudget, .size((1 << 20)...Int.max),
                "Content kept in memory for its first attempt; beyond this, content is read back from disk."),
        ])

    static let retry = Section(
        "retry", "When mail that no upstream took is tried again.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "initial", \.retry.initial, .duration(.milliseconds(10)...(.seconds(86400))),
                "Wait after the first failed cycle."),
            .optional("factor", \.retry.factor, .number(1...100), "Factor from each wait to the next."),
            .optional(
                "max", \.retry.max, .duration(.milliseconds(10)...(.seconds(30 * 86400))), "Longest wait."),
            .optional(
                "jitter", \.retry.jitter, .number(0...1),
                "Random variation of each wait, as a fraction of it, either way."),
            .optional(
                "expire_after", \.retry.expireAfter, .duration(.seconds(1)...(.seconds(365 * 86400))),
                "A recipient that is still waiting this long after acceptance fails."),
            .optional(
                "warn_after", \.retry.warnAfter, .durationOrNone(.seconds(1)...(.seconds(365 * 86400))),
                "The sender of a message that is still waiting this long after acceptance gets a delay notice; 0s for "
                    + "never."),
        ], parts: [Subsection(table: retryHigh, \.retry.high), Subsection(table: retryBulk, \.retry.bulk)])

    static let retryHigh = overrides(of: "high")
    static let retryBulk = overrides(of: "bulk")

    private static func overrides(of priority: String) -> Section<RetrySettings.Override> {
        Section(
            "retry.\(priority)", "What mail of priority \(priority) has instead of [retry].",
            prototype: RetrySettings.Override(),
            keys: [
                .derived(
                    "initial", \.initial, .duration(.milliseconds(10)...(.seconds(86400))), from: common,
                    example: .seconds(30), "Wait after the first failed cycle."),
                .derived(
                    "factor", \.factor, .number(1...100), from: common, example: 2, "Factor from each wait to the next."
                ),
                .derived(
                    "max", \.max, .duration(.milliseconds(10)...(.seconds(30 * 86400))), from: common,
                    example: .seconds(3600), "Longest wait."),
                .derived(
                    "jitter", \.jitter, .number(0...1), from: common, example: 0.2, "Random variation of each wait."),
                .derived(
                    "expire_after", \.expireAfter, .duration(.seconds(1)...(.seconds(365 * 86400))), from: common,
                    example: .seconds(5 * 86400), "When a recipient that is still waiting fails."),
                .derived(
                    "warn_after", \.warnAfter, .durationOrNone(.seconds(1)...(.seconds(365 * 86400))), from: common,
                    example: .seconds(4 * 3600), "When the sender of a message that is still waiting is told."),
            ])
    }

    private static let common = "what [retry] has"

    static let log = Section(
        "log", "The log goes to standard error.", prototype: ConfigurationDraft(),
        keys: [
            .optional("level", \.log.level, .word(LogSettings.Level.self), "Minimum severity to log."),
            .optional(
                "format", \.log.format, .word(LogSettings.Format.self), "Readable lines, or one JSON object per line."),
        ])
}
