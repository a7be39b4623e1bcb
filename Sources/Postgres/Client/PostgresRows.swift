/// The rows that a statement has returned, in binary form.
///
/// Used by the thread that has the connection.
package protocol PostgresRows {
    /// Number of rows.
    var count: Int { get }
    /// Number of rows that the statement has inserted, changed or deleted.
    var affected: Int { get }
    func isNull(_ row: Int, _ column: Int) -> Bool
    /// `bigint`, `integer`, `smallint` or `boolean`
    func integer(_ row: Int, _ column: Int) -> Int
    /// The octets of any value; valid as long as the rows.
    func octets(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer
}

extension PostgresRows {
    package func text(_ row: Int, _ column: Int) -> String { String(decoding: octets(row, column), as: UTF8.self) }

    package func bytes(_ row: Int, _ column: Int) -> [UInt8] { Array(octets(row, column)) }

    package func optionalText(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : text(row, column)
    }

    package func optionalInteger(_ row: Int, _ column: Int) -> Int? {
        isNull(row, column) ? nil : integer(row, column)
    }
}

/// A connection to the database, used by one thread at a time.
///
/// A protocol, so that tests can let it fail at any step.
package protocol PostgresSession: AnyObject {
    /// Sends statements in one pipeline, and waits for all results. Without `BEGIN` among them, or before, they are one
    /// transaction: all or none.
    ///
    /// - Returns: the rows of each.
    /// - Throws: ``PostgresError`` of the first that failed; those behind it were not carried out. Unless the error is fatal
    ///   the connection goes on, within a failed transaction if one was begun by `BEGIN`.
    func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows]

    /// Called by ``run(_:)``, on its thread, when the database has been silent for a while.
    var onSilence: (@Sendable () -> Void)? { get set }
    /// Number of the server's process.
    var process: Int { get }
    /// 150018 for 15.18.
    var serverVersion: Int { get }
    /// Whether it looks open, and is in no transaction. Looks only at what has come: no round trip.
    var isReady: Bool { get }
}

extension PostgresSession {
    package var isReady: Bool { true }

    @discardableResult
    package func run(_ statement: PostgresStatement, _ values: PostgresValue...) throws(PostgresError)
        -> any PostgresRows
    {
        try run([PostgresQuery(statement, values)])[0]
    }

    /// Runs `body` in a transaction, and commits it. After an error nothing has changed, unless it is fatal: then nobody
    /// knows whether the commit was carried out.
    package func transaction<Result>(_ body: () throws(PostgresError) -> Result) throws(PostgresError) -> Result {
        _ = try run([PostgresQuery(.begin)])
        do throws(PostgresError) {
            let result = try body()
            _ = try run([PostgresQuery(.commit)])
            return result
        } catch {
            if !error.isFatal { _ = try? run([PostgresQuery(.rollback)]) }
            throw error
        }
    }
}

extension PostgresStatement {
    package static let begin = PostgresStatement("begin", "BEGIN")
    package static let commit = PostgresStatement("commit", "COMMIT")
    package static let rollback = PostgresStatement("rollback", "ROLLBACK")
}
