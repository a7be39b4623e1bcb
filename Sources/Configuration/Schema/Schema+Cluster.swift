extension Schema {
    static let cluster = Section(
        "cluster", "The spool is in a PostgreSQL database rather than on this machine's disk.",
        prototype: ConfigurationDraft(),
        keys: [
            .derived(
                "database", \.cluster.database, .connectionString, from: "none: the spool is on this machine's disk",
                example: "host=db1,db2 dbname=posthorse user=posthorse sslmode=verify-full",
                "Connection string of libpq, or a postgresql:// URL; several hosts are tried in turn. No password."
            ).untilRestart,
            .derived(
                "password_file", \.cluster.passwordFile, .path("/etc/posthorse/database.password"), from: "none",
                example: "/etc/posthorse/database.password",
                "File with the password in its first line, read for each connection."
            ).untilRestart,
            .derived(
                "node", \.cluster.node, .nodeName, from: "hostname", example: "relay1",
                "Name of this relay in the database. Keep it over restarts: the relay knows its own mail by it."
            ).untilRestart,
        ])
}
