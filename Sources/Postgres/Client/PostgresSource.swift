/// Lends connections for short work.
package protocol PostgresSource: Sendable {
    /// Connects if need be, runs `body`, and takes the connection back. A connection on which a fatal error has happened is
    /// not lent again; `body` is never run twice. Blocks the calling thread.
    func use<Result>(
        _ body: (any PostgresSession) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result
}

extension PostgresSource {
    /// Runs statements as one transaction that may be repeated without harm: a connection may have died in silence since it
    /// was used last.
    func repeatable(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
        do throws(PostgresError) {
            return try use { session throws(PostgresError) in try session.run(queries) }
        } catch {
            guard error.code == .connection else { throw error }
            return try use { session throws(PostgresError) in try session.run(queries) }
        }
    }
}

extension PostgresPool: PostgresSource {}
