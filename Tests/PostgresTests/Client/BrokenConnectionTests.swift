import Foundation
import Synchronization
import TestKit
import Testing

@testable import Postgres

@Suite("A connection to PostgreSQL that breaks", .ownThread)
struct BrokenConnectionTests {
    private static let insert = PostgresStatement("insert", "INSERT INTO public.t VALUES ($1, $2)")

    private let server: PostgresServer

    init() throws {
        server = try PostgresServer(tcp: true, fsync: false)
        try server.execute("CREATE TABLE public.t (a bigint, b bytea)")
    }

    private func settings(
        port: Int, alarm: Duration = .seconds(2), silence: Duration = .seconds(10)
    ) -> PostgresSettings {
        PostgresSettings(
            database: "host=127.0.0.1 port=\(port) user=posthorse dbname=posthorse sslmode=disable", alarm: alarm,
            silence: silence)
    }

    private func group(_ number: Int) -> [PostgresQuery] {
        [PostgresQuery(PostgresStatement.begin)]
            + (0..<3).map { PostgresQuery(Self.insert, [.integer(number * 10 + $0), .bytes([1, 2, 3])]) }
            + [
                PostgresQuery(
                    PostgresStatement("count", "SELECT a FROM public.t WHERE a / 10 = $1"), [.integer(number)]),
                PostgresQuery(PostgresStatement.commit),
            ]
    }

    /// Rows of a group: all or none.
    private func rows(_ number: Int) throws -> Int {
        try #require(Int(try server.execute("SELECT count(*) FROM public.t WHERE a / 10 = \(number)")))
    }

    @Test("amid a group is a fatal error, and never half a group", arguments: TCPProxy.Direction.allCases)
    func cut(direction: TCPProxy.Direction) throws {
        let proxy = try TCPProxy(to: server.port)
        var connection = try PostgresConnector.connect(settings(port: proxy.port))
        let before = proxy.passed(direction)
        _ = try connection.run(group(0))
        let length = proxy.passed(direction) - before
        #expect(length > 100)
        for (number, octets) in zip(1..., stride(from: 0, through: length, by: 23)) {
            connection = try PostgresConnector.connect(settings(port: proxy.port))
            proxy.limit(direction, to: octets, then: .cut)
            do {
                #expect(try connection.run(group(number)).count == 6)
                #expect(try rows(number) == 3)
            } catch let error as PostgresError {
                #expect(error.code == .connection)
                #expect(error.isFatal)
                #expect(error.message.contains("port \(proxy.port)"))
                #expect(!connection.isOpen)
                // What the server has done with the rest of the group may come later than the error.
                try server.execute("SELECT pg_terminate_backend(\(connection.process), 10000)")
                let count = try rows(number)
                #expect(count == 0 || count == 3)
            }
            proxy.release()
        }
    }

    @Test("by silence is told early, and then given up", arguments: TCPProxy.Direction.allCases)
    func swallowed(direction: TCPProxy.Direction) throws {
        let proxy = try TCPProxy(to: server.port)
        let connection = try PostgresConnector.connect(
            settings(port: proxy.port, alarm: .milliseconds(50), silence: .milliseconds(200)))
        let alarms = Mutex(0)
        connection.onSilence = { alarms.withLock { $0 += 1 } }
        proxy.limit(direction, to: 20, then: .swallow)
        let error = try #require(throws: PostgresError.self) { try connection.run(group(1)) }
        #expect(error.code == .timeout)
        #expect(error.isFatal)
        #expect(alarms.withLock(\.self) == 1)
    }

    @Test("is no broken one if the answer comes late")
    func late() throws {
        let proxy = try TCPProxy(to: server.port)
        let connection = try PostgresConnector.connect(settings(port: proxy.port, alarm: .milliseconds(10)))
        let alarms = Mutex(0)
        connection.onSilence = {
            alarms.withLock { $0 += 1 }
            proxy.release()
        }
        proxy.limit(.toClient, to: 20, then: .hold)
        #expect(try connection.run(group(1)).count == 6)
        #expect(alarms.withLock(\.self) == 1)
        #expect(try connection.run(group(2))[4].count == 3)
    }

    enum Killing: CaseIterable, Sendable {
        case terminated, killed, stopped
    }

    @Test("because the server dies at any step of a group", arguments: Killing.allCases, 0..<4)
    func killed(killing: Killing, step: Int) throws {
        let holder = try PostgresConnector.connect(settings(port: server.port))
        try holder.run(PostgresStatement("", "SELECT pg_advisory_lock(1)"))
        let connection = try PostgresConnector.connect(settings(port: server.port))
        var queries = [
            PostgresQuery(PostgresStatement.begin),
            PostgresQuery(Self.insert, [.integer(10), .null]),
            PostgresQuery(PostgresStatement.commit),
        ]
        queries.insert(PostgresQuery(PostgresStatement("lock", "SELECT pg_advisory_lock(1)")), at: step)
        let (server, process) = (server, connection.process)
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            // Waits until the group waits for the lock.
            _ = try? server.execute(
                """
                DO $$ BEGIN
                    WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP;
                END $$
                """)
            switch killing {
            case .terminated: _ = try? server.execute("SELECT pg_terminate_backend(\(process))")
            case .killed: kill(pid_t(process), SIGKILL)
            case .stopped: server.stop(.immediate)
            }
            ended.signal()
        }
        let error = try #require(throws: PostgresError.self) { try connection.run(queries) }
        ended.wait()
        #expect(error.code == .connection)
        #expect(error.isFatal)
        switch killing {
        case .terminated: #expect(error.state == "57P01")
        case .killed: #expect(error.message.contains("server closed the connection unexpectedly"))
        case .stopped: #expect(error.state == "57P01" || error.state == "57P02" || error.state == nil)
        }
        try server.restart(.immediate)
        #expect(try rows(1) == (step == 3 ? 1 : 0))
    }

    @Test("in idleness says why at the next use")
    func idle() throws {
        let connection = try PostgresConnector.connect(settings(port: server.port))
        #expect(connection.isReady)
        try server.execute("SELECT pg_terminate_backend(\(connection.process), 10000)")
        let error = try #require(throws: PostgresError.self) { try connection.run(group(1)) }
        #expect(error.state == "57P01")
        #expect(error.message.contains("terminating connection due to administrator command"))
        #expect(!connection.isReady)
    }

    @Test("does not hide that a commit has not waited for the standby")
    func standby() throws {
        try server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try server.execute("SELECT pg_reload_conf()")
        let connection = try PostgresConnector.connect(settings(port: server.port))
        let (server, process) = (server, connection.process)
        Thread.detachNewThread {
            _ = try? server.execute(
                """
                DO $$ BEGIN
                    WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep') LOOP
                        PERFORM pg_sleep(0.01);
                        PERFORM pg_stat_clear_snapshot();
                    END LOOP;
                    PERFORM pg_cancel_backend(\(process));
                END $$
                """)
        }
        var number = 0
        let error = try #require(throws: PostgresError.self) {
            // The first ones may come before the server has read its settings anew.
            while true {
                number += 1
                _ = try connection.run(group(number))
            }
        }
        #expect(error.isFatal)
        #expect(error.message.contains("standby"))
        #expect(try rows(number) == 3)
    }
}
