internal import Spool

/// The connection on which the history works, for statements that can be repeated.
struct RunSession: Sendable {
    let pool: PostgresPool

    func ask(_ statement: PostgresStatement, _ values: [PostgresValue] = []) throws(SpoolError) -> any PostgresRows {
        try run([PostgresQuery(statement, values)])[0]
    }

    /// Runs statements as one transaction, once more if the connection has broken.
    func run(_ queries: [PostgresQuery]) throws(SpoolError) -> [any PostgresRows] {
        do throws(PostgresError) {
            do throws(PostgresError) {
                return try pool.use { session throws(PostgresError) in try session.run(queries) }
            } catch {
                guard error.isFatal, error.code == .connection || error.code == .server else { throw error }
                return try pool.use { session throws(PostgresError) in try session.run(queries) }
            }
        } catch {
            throw SpoolError(error)
        }
    }

    func migrate() throws(SpoolError) {
        let result: Result<Void, SpoolError>
        do throws(PostgresError) {
            result = try pool.use { session throws(PostgresError) in
                do throws(SpoolError) {
                    return .success(try PostgresSchema.migrate(session))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw SpoolError(error)
        }
        try result.get()
    }
}
