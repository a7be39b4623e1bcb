/// The tables of `suppression.sqlite3`, and their migrations. Explained in docs/suppression.md.
enum SuppressionSchema {
    /// Step n migrates a database from version n to version n + 1; a released step never changes.
    static let migrations = [
        """
        CREATE TABLE suppression (
            pattern TEXT NOT NULL,
            route TEXT NOT NULL,
            reason TEXT NOT NULL,
            source TEXT NOT NULL,
            added_by TEXT,
            added_at INTEGER NOT NULL,
            expires_at INTEGER,
            PRIMARY KEY (pattern, route)
        ) WITHOUT ROWID;
        CREATE INDEX suppression_expiry ON suppression (expires_at) WHERE expires_at IS NOT NULL;
        CREATE TABLE bounce (
            address TEXT PRIMARY KEY,
            tally TEXT NOT NULL,
            last_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX bounce_age ON bounce (last_at)
        """
    ]
}
