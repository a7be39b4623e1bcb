import Synchronization
import TestKit
import Testing

@testable import Postgres

@Suite("A connection on loan", .ownThread)
struct PostgresPoolTests {
    private final class Session: PostgresSession {
        let process: Int
        let serverVersion = 150_000
        var isReady = true
        var onSilence: (@Sendable () -> Void)?
        init(_ process: Int) { self.process = process }
        func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] { [] }
    }

    private final class Connections: Sendable {
        private let count = Mutex(0)
        let failure = Mutex<PostgresError?>(nil)

        var opened: Int { count.withLock(\.self) }

        func pool() -> PostgresPool {
            PostgresPool(PostgresSettings(database: "")) { _ throws(PostgresError) in
                let number = self.count.withLock { count in
                    count += 1
                    return count
                }
                if let failure = self.failure.withLock(\.self) { throw failure }
                return Session(number)
            }
        }
    }

    private let connections = Connections()

    @Test("is opened once, and kept after an error that is not fatal")
    func kept() throws {
        let pool = connections.pool()
        #expect(connections.opened == 0)
        #expect(try pool.use { session throws(PostgresError) in session.process } == 1)
        #expect(throws: PostgresError.self) {
            try pool.use { _ throws(PostgresError) in throw PostgresError(.server, "no", state: "23505") }
        }
        #expect(try pool.use { session throws(PostgresError) in session.process } == 1)
    }

    @Test("is opened anew after a fatal error, after one left a transaction open, and after it broke")
    func replaced() throws {
        let pool = connections.pool()
        #expect(throws: PostgresError.self) {
            try pool.use { _ throws(PostgresError) in throw PostgresError(.connection, "lost") }
        }
        #expect(try pool.use { session throws(PostgresError) in session.process } == 2)
        try pool.use { session throws(PostgresError) in (session as! Session).isReady = false }
        #expect(try pool.use { session throws(PostgresError) in session.process } == 3)
        pool.close()
        #expect(try pool.use { session throws(PostgresError) in session.process } == 4)
    }

    @Test("tries again with each use while the database is away")
    func away() throws {
        let pool = connections.pool()
        connections.failure.withLock { $0 = PostgresError(.unreachable, "away") }
        for _ in 0..<2 {
            let error = #expect(throws: PostgresError.self) { try pool.use { _ throws(PostgresError) in } }
            #expect(error?.code == .unreachable)
        }
        #expect(connections.opened == 2)
        connections.failure.withLock { $0 = nil }
        #expect(try pool.use { session throws(PostgresError) in session.process } == 3)
    }

    @Test("is not tried for once more by a caller that waited while another one tried")
    func waiting() throws {
        let pool = connections.pool()
        connections.failure.withLock { $0 = PostgresError(.unreachable, "away") }
        #expect(throws: PostgresError.self) { try pool.use { _ throws(PostgresError) in } }
        let error = #expect(throws: PostgresError.self) { try pool.ready(0) }
        #expect(error?.code == .unreachable)
        #expect(connections.opened == 1)
        #expect(throws: PostgresError.self) { try pool.ready(1) }
        #expect(connections.opened == 2)
    }

    @Test("outlives a restart of the server between two uses, and a transaction left open")
    func server() throws {
        let server = try PostgresServer(fsync: false)
        let pool = PostgresPool(PostgresSettings(database: server.conninfo))
        let one = PostgresStatement("one", "SELECT 1")
        #expect(try pool.use { session throws(PostgresError) in try session.run(one).integer(0, 0) } == 1)
        try server.restart()
        let process = try pool.use { session throws(PostgresError) in
            try session.run(PostgresStatement("begin", "BEGIN"))
            return session.process
        }
        #expect(try pool.use { session throws(PostgresError) in session.process } != process)
    }
}
