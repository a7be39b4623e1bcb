internal import Delivery
internal import Spool

/// The one description of every table and key of relay.conf: validation, defaults, `relay.conf.example` and the
/// reference page come from it.
enum Schema {
    static let root = Section(
        "", "Keys before the first table.", prototype: ConfigurationDraft(),
        keys: [
            .derived(
                "hostname", \.hostname, .domainName, from: "the machine's name", example: "relay.example.com",
                "Name of the relay in its banner, in EHLO and in Received: fields; upstreams like a full domain name. Each relay "
                    + "has its own, by which loops are seen."),
            .derived(
                "threads", \.threads, .integer(1...1024), from: "the number of cores less one, at least 1", example: 1,
                "Event loops for SMTP sessions; the spool has threads of its own."),
            .optional(
                "stop_grace", \.stopGrace, .duration(.zero...(.seconds(3600))),
                "How long a stop waits for what is under way; a service manager must wait twice as long before it kills."
            ),
            .derived(
                "users_file", \.usersFile, .path("/etc/posthorse/users.toml"), from: "no file",
                example: "/etc/posthorse/users.toml",
                "A file with further [[user]] tables, read again whenever it changes."),
        ])

    /// The tables that exist once.
    static let tables = [spool, auth, limits, health, circuit, recovery, retry, admin, log]

    /// Everything, in the order of the documentation.
    static let references: [SectionReference] = [
        root.reference, spool.reference, listener.reference, user.reference, auth.reference, limits.reference,
        upstream.reference, upstreamRule.reference, route.reference, health.reference, circuit.reference,
        recovery.reference, retry.reference, admin.reference, log.reference,
    ]

    static let spool = Section(
        "spool", "Where accepted mail lies until it is delivered.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "path", \.spool.path, .path("/var/lib/posthorse"),
                "The data directory; created, readable by its owner only, where it is missing."),
            .optional(
                "min_free_space", \.spool.minFreeSpace, .size(0...Int.max),
                "Mail is refused with 452 while the file system has less room than this."),
            .optional(
                "max_bytes", \.spool.maxOctets, .size(0...Int.max),
                "Mail is refused with 452 while the queued messages take more than this; 0 is no limit."),
            .optional(
                "memory_budget", \.spool.memoryBudget, .size((1 << 20)...Int.max),
                "Content held in memory for its first attempt; past it, content is read back from disk."),
        ])

    static let retry = Section(
        "retry", "When mail that no upstream took is tried again.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "initial", \.retry.initial, .duration(.milliseconds(10)...(.seconds(86400))),
                "Wait after the first cycle that failed."),
            .optional("factor", \.retry.factor, .number(1...100), "Each wait is so many times the one before."),
            .optional(
                "max", \.retry.max, .duration(.milliseconds(10)...(.seconds(30 * 86400))), "The longest wait."),
            .optional(
                "jitter", \.retry.jitter, .number(0...1),
                "Each wait is varied at random by up to this part of itself, either way."),
            .optional(
                "expire_after", \.retry.expireAfter, .duration(.seconds(1)...(.seconds(365 * 86400))),
                "A recipient still waiting so long after acceptance has failed."),
        ])

    static let admin = Section(
        "admin", "The door for the command line.", prototype: ConfigurationDraft(),
        keys: [
            .derived(
                "socket", \.adminSocket, .path("/run/posthorse/admin.sock"), from: "admin.sock in spool.path",
                example: RelayConfiguration.adminSocket(in: SpoolSettings().path),
                "Path of the Unix domain socket, mode 0600; at most 107 octets.")
        ])

    static let log = Section(
        "log", "Logs go to standard error.", prototype: ConfigurationDraft(),
        keys: [
            .optional("level", \.log.level, .word(LogSettings.Level.self), "The least grave lines that are written."),
            .optional(
                "format", \.log.format, .word(LogSettings.Format.self), "Readable lines, or one JSON object a line."),
        ])
}
