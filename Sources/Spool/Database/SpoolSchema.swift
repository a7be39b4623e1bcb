internal import Mail

/// The tables of `spool.sqlite3`, and their migrations. Explained in docs/spool.md.
enum SpoolSchema {
    /// Step n migrates a database from version n to version n + 1; a released step never changes.
    static let migrations: [String] = [
        """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY,
            received_at INTEGER NOT NULL,
            next_attempt_at INTEGER,
            open_at INTEGER,
            priority INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            octets INTEGER NOT NULL,
            size INTEGER NOT NULL,
            body INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            cycles INTEGER NOT NULL,
            ledger INTEGER NOT NULL,
            sender TEXT,
            message_id TEXT NOT NULL,
            origin TEXT NOT NULL,
            recipients TEXT NOT NULL,
            open_upstream TEXT,
            open_recipients TEXT,
            extents BLOB
        );
        CREATE INDEX message_in_segments ON message (id) WHERE extents IS NOT NULL;
        CREATE TABLE content (
            id INTEGER PRIMARY KEY,
            header BLOB NOT NULL,
            body BLOB
        );
        CREATE TABLE attempt (
            message INTEGER NOT NULL,
            number INTEGER NOT NULL,
            upstream TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            recipients TEXT NOT NULL,
            outcome TEXT NOT NULL,
            phase TEXT NOT NULL,
            reply TEXT NOT NULL,
            dot_sent INTEGER,
            PRIMARY KEY (message, number)
        ) WITHOUT ROWID;
        CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB);
        """,
        """
        ALTER TABLE message ADD COLUMN user TEXT;
        ALTER TABLE message ADD COLUMN options TEXT;
        ALTER TABLE attempt ADD COLUMN tls TEXT
        """,
        """
        ALTER TABLE message ADD COLUMN routing TEXT;
        CREATE TABLE resubmission (
            key BLOB PRIMARY KEY,
            id INTEGER NOT NULL,
            envelope BLOB,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX resubmission_expiry ON resubmission (expires_at)
        """,
        // Recipients may say `"` for the reply of the one before, which older releases would take for a reply.
        "SELECT 1",
        """
        ALTER TABLE message ADD COLUMN release_at INTEGER;
        ALTER TABLE message ADD COLUMN notice TEXT;
        ALTER TABLE message ADD COLUMN bound_upstream TEXT;
        CREATE INDEX resubmission_message ON resubmission (id)
        """,
        "CREATE TABLE history (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, at INTEGER NOT NULL, entries BLOB NOT NULL)",
        """
        CREATE TABLE kept_content (
            number INTEGER PRIMARY KEY,
            id INTEGER NOT NULL,
            octets INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            extents BLOB
        );
        CREATE INDEX kept_content_in_segments ON kept_content (id) WHERE extents IS NOT NULL
        """,
        // A number that was used once must not come back after a restart: receivers know events by it.
        """
        CREATE TABLE outbox (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            webhook TEXT NOT NULL,
            message INTEGER NOT NULL,
            at INTEGER NOT NULL,
            retry_from INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            not_before INTEGER NOT NULL DEFAULT 0,
            dead INTEGER NOT NULL DEFAULT 0,
            reason TEXT,
            payload BLOB NOT NULL
        );
        CREATE INDEX outbox_webhook ON outbox (webhook, number);
        CREATE INDEX outbox_state ON outbox (webhook, dead, number);
        CREATE INDEX outbox_message ON outbox (message, webhook, number)
        """,
    ]

    /// Migrates the database to the newest version, one step per transaction.
    ///
    /// - Throws: ``SpoolError`` `schema` if it was written by a newer release.
    static func migrate(_ connection: SQLiteConnection, _ steps: [String] = migrations) throws(SpoolError) {
        let version = try check(connection, steps)
        for number in version..<steps.count {
            try connection.execute("BEGIN IMMEDIATE; \(steps[number]); PRAGMA user_version = \(number + 1); COMMIT")
        }
    }

    /// The version of a database that this release can read or migrate.
    @discardableResult
    static func check(_ connection: SQLiteConnection, _ steps: [String] = migrations) throws(SpoolError) -> Int {
        let version = try connection.integer("PRAGMA user_version")
        guard version <= steps.count else {
            throw SpoolError(
                .schema,
                "the spool has schema version \(version), this release knows \(steps.count): use the newer release")
        }
        return version
    }
}
