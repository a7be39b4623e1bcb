/// How to reach the database.
package struct PostgresSettings: Hashable, Sendable {
    /// A connection string of libpq, or a URL; several hosts are tried in turn (PostgreSQL, section 34.1.1).
    package var database: String
    /// A file whose first line is the password, read for each connection; nil for none.
    package var passwordFile: String?
    /// What `pg_stat_activity` calls the connection.
    package var applicationName = "posthorse"
    /// For each host.
    package var connectTimeout = Duration.seconds(5)
    /// Time without a sign of life after which a connection counts as lost.
    package var silence = Duration.seconds(10)

    package init(database: String, passwordFile: String? = nil) {
        (self.database, self.passwordFile) = (database, passwordFile)
    }
}
