/// A transaction whose outcome is known even if the connection breaks at its commit.
struct SettledTransaction {
    /// How far it has come.
    private enum Progress {
        case unbegun
        case begun
        case committing(Identity)
    }

    /// What the server knows it by.
    private struct Identity {
        /// `xid8` as text.
        let number: String
        /// A server that took over may have given the number to another transaction.
        let timeline: String
        let process: Int
    }

    /// Why it failed.
    struct Failure: Error {
        let error: PostgresError
        let state: State

        enum State {
            /// The connection was lost before it began.
            case unbegun
            case rolledBack
            /// Nobody can say whether it was committed.
            case unsettled
        }
    }

    private static let identity = PostgresStatement(
        "transaction_identity",
        "SELECT pg_current_xact_id()::text, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)")
    private static let status = PostgresStatement(
        "transaction_status",
        """
        SELECT pg_xact_status($1::text::xid8) FROM pg_sleep($3::bigint / 1000.0)
        WHERE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) = $2
        """)
    private static let end = PostgresStatement(
        "transaction_end",
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid = $1::bigint AND backend_xid = xid($2::text::xid8)
        """)
    /// Pauses between looks at a transaction that is about to end, in milliseconds.
    private static let pauses = [0, 20, 50, 100, 200, 500, 1000]

    let source: any PostgresSource
    /// Run behind BEGIN.
    var opening: [PostgresQuery] = []
    /// Rolls everything back at the end.
    var isRehearsal = false

    /// - Parameter body: run again if the connection turns out to be dead when it begins.
    func run<Value>(
        _ body: (any PostgresSession) throws(PostgresError) -> Value
    ) throws(Failure) -> Value {
        do throws(Failure) {
            return try attempt(body)
        } catch {
            guard error.state == .unbegun, error.error.code == .connection else { throw error }
            return try attempt(body)
        }
    }

    private func attempt<Value>(
        _ body: (any PostgresSession) throws(PostgresError) -> Value
    ) throws(Failure) -> Value {
        var progress = Progress.unbegun
        var value: Value?
        do throws(PostgresError) {
            return try source.use { session throws(PostgresError) in
                let identity = try begin(session)
                progress = .begun
                let result = try inside(session) { () throws(PostgresError) in try body(session) }
                guard !isRehearsal else {
                    _ = try session.run([PostgresQuery(.rollback)])
                    return result
                }
                (progress, value) = (.committing(identity), result)
                _ = try session.run([PostgresQuery(.commit)])
                return result
            }
        } catch {
            switch progress {
            case .unbegun: throw Failure(error: error, state: .unbegun)
            case .begun: throw Failure(error: error, state: .rolledBack)
            case .committing(let identity):
                guard error.isFatal else { throw Failure(error: error, state: .rolledBack) }
                guard let isCommitted = outcome(of: identity) else { throw Failure(error: error, state: .unsettled) }
                guard isCommitted, let value else { throw Failure(error: error, state: .rolledBack) }
                return value
            }
        }
    }

    private func begin(_ session: any PostgresSession) throws(PostgresError) -> Identity {
        let first = [PostgresQuery(.begin)] + opening + [PostgresQuery(Self.identity)]
        let rows = try inside(session) { () throws(PostgresError) in try session.run(first) }
        let last = rows[rows.count - 1]
        return Identity(number: last.text(0, 0), timeline: last.text(0, 1), process: session.process)
    }

    /// Rolls back what fails.
    private func inside<Value>(
        _ session: any PostgresSession, _ body: () throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            return try body()
        } catch {
            if !error.isFatal { _ = try? session.run([PostgresQuery(.rollback)]) }
            throw error
        }
    }

    /// Whether it was committed; nil if nobody can say. A server process that has not noticed that its client is gone is
    /// ended, so that its transaction is.
    private func outcome(of identity: Identity) -> Bool? {
        for (number, pause) in Self.pauses.enumerated() {
            let status = PostgresQuery(
                Self.status, [.text(identity.number), .text(identity.timeline), .integer(pause)])
            guard let rows = try? source.repeatable([status])[0], rows.count > 0 else { return nil }
            switch rows.optionalText(0, 0) {
            case "committed": return true
            case "aborted": return false
            case "in progress":
                guard number == 0 else { continue }
                let end = PostgresQuery(Self.end, [.integer(identity.process), .text(identity.number)])
                _ = try? source.repeatable([end])
            default: return nil
            }
        }
        return nil
    }
}
