import TestKit

@testable import Postgres

/// A PostgreSQL with some tables, and connections to it that break as planned.
final class TestDatabase: Sendable {
    let server: PostgresServer
    let plan = BreakPlan()
    let pool: PostgresPool

    init(_ tables: [String]) throws {
        let server = try PostgresServer(fsync: false)
        try server.execute("CREATE SCHEMA posthorse")
        let sql = tables.joined(separator: ";\n")
        try server.execute("SET search_path = posthorse; \(sql)")
        self.server = server
        pool = PostgresPool(PostgresSettings(database: server.conninfo)) { [plan] settings throws(PostgresError) in
            guard !plan.isAway else { throw PostgresError(.unreachable, "nobody answers at db.example") }
            return BreakingSession(try PostgresConnector.connect(settings), plan)
        }
    }

    /// Ends all connections.
    func disconnect() throws {
        try server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'posthorse%'")
    }

    func rows(_ sql: String) throws -> [String] {
        try server.execute("SET search_path = posthorse; \(sql)").split(separator: "\n").map(String.init)
    }
}
