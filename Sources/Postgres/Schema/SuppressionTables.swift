/// The tables of suppressions, as in `suppression.sqlite3`. Explained in docs/suppression.md.
package enum SuppressionTables {
    package static let sql = [
        """
        CREATE TABLE suppression (
            pattern text COLLATE "C" NOT NULL,
            route text COLLATE "C" NOT NULL,
            reason text NOT NULL,
            source text NOT NULL,
            added_by text,
            added_at bigint NOT NULL,
            expires_at bigint,
            PRIMARY KEY (pattern, route)
        )
        """,
        "CREATE INDEX suppression_expiry ON suppression (expires_at) WHERE expires_at IS NOT NULL",
        """
        CREATE TABLE bounce (
            address text COLLATE "C" PRIMARY KEY,
            tally text NOT NULL,
            last_at bigint NOT NULL
        )
        """,
        "CREATE INDEX bounce_age ON bounce (last_at)",
    ]
}
