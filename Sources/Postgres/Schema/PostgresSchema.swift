internal import Mail
package import Spool

/// The tables in the database, all in the schema `posthorse`, and their migrations. Explained in docs/cluster.md.
package enum PostgresSchema {
    /// A step of the schema.
    struct Step {
        let statements: [String]
        /// The first step whose releases can go on with a database that has this one: what only adds keeps the former ones.
        let oldest: Int
    }

    /// Step n makes version n + 1; a released step never changes.
    static let steps = [
        Step(
            statements: SpoolTables.sql + SuppressionTables.sql + DocumentTables.sql + AuditTables.sql
                + HistoryRunTables.sql, oldest: 1)
    ]

    /// The version that this release makes and wants.
    static var version: Int { steps.count }

    /// What a database says of itself.
    package struct State: Hashable, Sendable {
        /// 0 for none.
        package let version: Int
        /// The oldest version whose releases can use it.
        package let oldest: Int
    }

    /// Whether there is a table of versions.
    private static let find = PostgresStatement("schema_find", "SELECT to_regclass('posthorse.version') IS NOT NULL")
    private static let read = PostgresStatement(
        "schema_read", "SELECT max(number), max(oldest) FROM posthorse.version")
    /// One relay at a time; the number is this program's own.
    private static let lock = PostgresStatement("schema_lock", "SELECT pg_advisory_xact_lock(\(lockKey))")
    /// SQLSTATE of ``SpoolTables``' function `hold` for a connection that is not its node's any more.
    static let takenOver = "PH001"
    static let lockKey = 7_231_893_410_217_001

    /// The state of a database; reads only.
    package static func state(_ session: any PostgresSession) throws(PostgresError) -> State {
        guard try session.run(find).integer(0, 0) != 0 else { return State(version: 0, oldest: 0) }
        let rows = try session.run(read)
        return State(version: rows.optionalInteger(0, 0) ?? 0, oldest: rows.optionalInteger(0, 1) ?? 0)
    }

    /// Makes the tables, or brings them up to date: all of it or nothing, one relay at a time.
    ///
    /// - Throws: ``SpoolError`` `schema` if only newer releases can use the database, `inputOutput` for all else.
    package static func migrate(_ session: any PostgresSession) throws(SpoolError) {
        let state: State
        do throws(PostgresError) {
            state = try session.transaction { () throws(PostgresError) in try migrateLocked(session) }
        } catch {
            throw SpoolError(error)
        }
        guard state.oldest <= version else {
            throw SpoolError(
                .schema,
                "the database has schema version \(state.version), this release knows \(version): use the newer release"
            )
        }
    }

    private static func migrateLocked(_ session: any PostgresSession) throws(PostgresError) -> State {
        try session.run(lock)
        let found = try state(session)
        guard found.version < version else { return found }
        if found.version == 0 {
            try execute(
                [
                    "CREATE SCHEMA IF NOT EXISTS posthorse",
                    "CREATE TABLE posthorse.version (number integer PRIMARY KEY, oldest integer NOT NULL)",
                ], 0, session)
        }
        for (number, step) in steps.enumerated().dropFirst(found.version) {
            let done = "INSERT INTO posthorse.version VALUES (\(number + 1), \(step.oldest))"
            try execute(step.statements + [done], number + 1, session)
        }
        return State(version: version, oldest: steps[version - 1].oldest)
    }

    private static func execute(
        _ statements: [String], _ step: Int, _ session: any PostgresSession
    ) throws(PostgresError) {
        _ = try session.run(
            statements.enumerated().map { PostgresQuery(PostgresStatement("schema_\(step)_\($0.offset)", $0.element)) })
    }
}

extension SpoolError {
    /// The same for users of the spool.
    package init(_ error: PostgresError) {
        let code: Code =
            switch error.code {
            case .server where error.isLackOfResources: .full
            case .library, .settings, .unreachable, .timeout, .connection, .server: .inputOutput
            }
        self.init(code, error.message)
    }
}
