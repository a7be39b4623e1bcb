/// What a relay, and its operator, should know of a database.
package struct PostgresFacts: Hashable, Sendable {
    /// 150018 for 15.18.
    package var serverVersion = PostgresFacts.oldestVersion
    /// Name of the database.
    package var database = "posthorse"
    /// The role that is logged in.
    package var user = "posthorse"
    /// Takes no writes: a standby, or by a setting.
    package var isReadOnly = false
    package var isStandby = false
    /// `default_transaction_isolation`.
    package var isolation = PostgresFacts.usualIsolation
    package var encoding = "UTF8"
    /// Whether the connection is encrypted.
    package var isEncrypted = false
    package var synchrony = DatabaseSynchrony(
        synchronousCommit: "on", synchronousStandbyNames: "ANY 1 (*)", fsync: true)
    /// Whether a page half written can be mended after a crash.
    package var hasFullPageWrites = true
    /// Synchronous standbys that are connected; nil if the role may not see them.
    package var standbys: Int?
    /// Of our tables.
    package var schema = PostgresSchema.State(version: 0, oldest: 0)
    /// Whether the role may make our tables, or change those that there are.
    package var mayWrite = true

    package init() {}

    /// The oldest PostgreSQL that this program uses.
    static let oldestVersion = 140_000
    static let usualIsolation = "read committed"
}

extension PostgresFacts {
    private static let settings = PostgresStatement(
        "facts_settings",
        """
        SELECT current_database()::text, current_user::text, current_setting('transaction_read_only') = 'on',
            pg_is_in_recovery(), current_setting('default_transaction_isolation'),
            current_setting('server_encoding'), current_setting('synchronous_commit'),
            current_setting('synchronous_standby_names'), current_setting('fsync') = 'on',
            current_setting('full_page_writes') = 'on',
            coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)
        """)

    /// To everybody else the states of standbys are null.
    private static let standbys = PostgresStatement(
        "facts_standbys",
        """
        SELECT CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE')
            THEN (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) END
        """)

    /// Tables are changed by their owner, and by members of that role.
    private static let rights = PostgresStatement(
        "facts_rights",
        """
        SELECT CASE WHEN to_regnamespace('posthorse') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
            ELSE (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'posthorse') END
        """)

    /// Reads them; changes nothing.
    package init(_ session: any PostgresSession) throws(PostgresError) {
        self.init()
        serverVersion = session.serverVersion
        // What is asked below may not be there.
        guard serverVersion >= Self.oldestVersion else { return }
        let answers = try session.run([
            PostgresQuery(Self.settings), PostgresQuery(Self.standbys), PostgresQuery(Self.rights),
        ])
        read(answers[0])
        standbys = answers[1].optionalInteger(0, 0)
        mayWrite = answers[2].integer(0, 0) != 0
        // The table of versions may be somebody else's, and closed.
        if mayWrite { schema = try PostgresSchema.state(session) }
    }

    private mutating func read(_ rows: any PostgresRows) {
        (database, user) = (rows.text(0, 0), rows.text(0, 1))
        (isReadOnly, isStandby) = (rows.integer(0, 2) != 0, rows.integer(0, 3) != 0)
        (isolation, encoding) = (rows.text(0, 4), rows.text(0, 5))
        synchrony = DatabaseSynchrony(
            synchronousCommit: rows.text(0, 6), synchronousStandbyNames: rows.text(0, 7),
            fsync: rows.integer(0, 8) != 0)
        hasFullPageWrites = rows.integer(0, 9) != 0
        isEncrypted = rows.integer(0, 10) != 0
    }

    /// `PostgreSQL 15.18, schema version 1`
    package var summary: String {
        let tables = schema.version > 0 ? "schema version \(schema.version)" : "no tables of a relay yet"
        return "PostgreSQL \(serverVersion.postgresVersion), \(isEncrypted ? "encrypted" : "not encrypted"), \(tables)"
    }
}

extension Int {
    /// `15.18` for 150018: since version 10 there are two numbers.
    package var postgresVersion: String {
        self >= 100_000 ? "\(self / 10_000).\(self % 10_000)" : "\(self / 10_000).\(self / 100 % 100)"
    }
}
