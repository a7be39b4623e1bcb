/// How to reach a database.
package struct PostgresSettings: Hashable, Sendable {
    /// A connection string of libpq, as keywords with values or as a URL; without a password.
    package var database: String
    /// The file with the password in its first line, read at each connect.
    package var passwordFile: String?
    /// Shown in `pg_stat_activity`.
    package var applicationName: String
    /// For each host.
    package var connectTimeout: Duration
    /// A statement that waits this long is reported to ``PostgresConnection/onSilence``.
    package var alarm: Duration
    /// A connection that neither takes nor gives an octet for this long, amid a statement, counts as lost.
    package var silence: Duration

    package init(
        database: String, passwordFile: String? = nil, applicationName: String = "posthorse",
        connectTimeout: Duration = .seconds(5), alarm: Duration = .seconds(2), silence: Duration = .seconds(10)
    ) {
        self.database = database
        self.passwordFile = passwordFile
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.alarm = alarm
        self.silence = silence
    }
}
