import Foundation
import Postgres
import Synchronization
import TestKit

/// One server for tests that only need a database, and do not stop it.
final class TestDatabases: Sendable {
    private struct State {
        var count = 0
        var server: PostgresServer?
    }

    static let shared = TestDatabases()
    private let state = Mutex(State())

    private init() {
        atexit { TestDatabases.shared.state.withLock { $0.server = nil } }
    }

    /// A connection string for a new database.
    func make() throws -> String {
        try state.withLock { state in
            let server = try state.server ?? PostgresServer(fsync: false)
            state.server = server
            state.count += 1
            try server.execute("CREATE DATABASE d\(state.count)")
            return "host=\(server.directory) port=\(server.port) user=\(PostgresServer.user) dbname=d\(state.count)"
        }
    }
}
