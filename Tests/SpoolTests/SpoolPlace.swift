import Foundation
import Mail
import Postgres
import Spool
import Synchronization
import TestKit
import Testing

/// Where the spool of a test is.
enum SpoolPlace: String, CaseIterable, Sendable {
    /// In files: ``SQLiteSpool``.
    case files
    /// In a database: ``PostgresSpool``.
    case database

    @TaskLocal static var current = files
}

/// Runs each test of a suite once per kind of spool: what is promised of one is promised of the other.
struct BothSpoolsTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        for place in SpoolPlace.allCases {
            try await SpoolPlace.$current.withValue(place) { try await function() }
        }
    }
}

extension Trait where Self == BothSpoolsTrait {
    static var bothSpools: Self { Self() }
}

/// The PostgreSQL of these tests, with a database for each directory of a spool.
final class TestDatabases: Sendable {
    private struct State {
        var names: [String: String] = [:]
        var server: PostgresServer?
    }

    static let shared = TestDatabases()
    private let state = Mutex(State())

    private init() {
        atexit { TestDatabases.shared.state.withLock { $0.server = nil } }
    }

    /// A connection string for the database that belongs to a directory; made where it is missing.
    func database(of directory: String) throws -> String {
        try state.withLock { state in
            let server = try state.server ?? PostgresServer(fsync: false, settings: ["max_connections=200"])
            state.server = server
            let name = state.names[directory] ?? "d\(state.names.count)"
            if state.names.updateValue(name, forKey: directory) == nil {
                try server.execute("CREATE DATABASE \(name)")
            }
            return "host=\(server.directory) port=\(server.port) user=\(PostgresServer.user) dbname=\(name)"
        }
    }

    /// Gives a database to another directory, and ends all connections to it.
    func move(from directory: String, to other: String) throws {
        try state.withLock { state in
            guard let name = state.names.removeValue(forKey: directory) else { return }
            state.names[other] = name
            try state.server?.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
        }
    }

    /// Runs SQL in the database of a directory, in the spool's schema.
    @discardableResult
    func execute(_ sql: String, in directory: String) throws -> String {
        let (name, server) = state.withLock { ($0.names[directory], $0.server) }
        guard let name, let server else { return "" }
        return try server.execute("SET search_path = posthorse; \(sql)", database: name)
    }
}

/// What stands between a spool and its database in a test.
final class DatabaseGate: Sendable {
    private let isOpen = Atomic(true)
    private let database: String
    private let fault: (@Sendable () -> SpoolError?)?

    init(_ database: String, fault: (@Sendable () -> SpoolError?)?) {
        (self.database, self.fault) = (database, fault)
    }

    /// The relay is dead: it gets no connection any more.
    func close() { isOpen.store(false, ordering: .relaxed) }

    func connect() throws(PostgresError) -> any PostgresSession {
        guard isOpen.load(ordering: .relaxed) else { throw PostgresError(.unreachable, "this relay is dead") }
        return CommitFaults(try PostgresConnector.connect(PostgresSettings(database: database)), fault)
    }
}

/// Lets commits fail as the server would: nothing is committed, the connection goes on.
private final class CommitFaults: PostgresSession {
    private let session: PostgresConnection
    private let fault: (@Sendable () -> SpoolError?)?

    init(_ session: PostgresConnection, _ fault: (@Sendable () -> SpoolError?)?) {
        (self.session, self.fault) = (session, fault)
    }

    var process: Int { session.process }
    var serverVersion: Int { session.serverVersion }
    var onSilence: (@Sendable () -> Void)? {
        get { session.onSilence }
        set { session.onSilence = newValue }
    }

    func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
        guard queries.contains(where: { $0.statement == .commit || $0.statement.name == "probe" }), let fault,
            let error = fault()
        else { return try session.run(queries) }
        // SQLSTATE disk_full and internal_error.
        throw PostgresError(.server, error.message, state: error.code == .full ? "53100" : "XX000")
    }
}
