import Glibc
import Mail
import Postgres
import Spool
import TestKit
import Testing

@Suite("A spool whose database dies", .timeLimit(.minutes(10)))
struct DatabaseDeathTests {
    enum Death: CaseIterable, Sendable {
        /// An administrator ends the spool's connections.
        case terminated
        /// The kernel kills the process behind one, and PostgreSQL ends all others.
        case killed
        /// The whole server crashes, and is started again.
        case crashed
    }

    private static let isSpool = "application_name LIKE 'posthorse/%'"

    private static func run(_ death: Death, _ server: PostgresServer) {
        do {
            switch death {
            case .terminated:
                try server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(isSpool)")
            case .killed:
                // Between two connections there is none.
                let process = try server.execute(
                    "SELECT pid FROM pg_stat_activity WHERE \(isSpool) ORDER BY pid LIMIT 1")
                if let process = pid_t(process) { kill(process, SIGKILL) }
            case .crashed: try server.restart(.immediate)
            }
        } catch {
            Issue.record(error)
        }
    }

    @Test(
        "under load loses nothing that it has promised, and keeps nothing that it has refused",
        arguments: Death.allCases)
    func underLoad(death: Death) async throws {
        let server = try PostgresServer()
        let directory = try TemporaryDirectory()
        let database = try DatabaseSpool(server.conninfo, in: directory)
        let die: @Sendable () -> Void = { Self.run(death, server) }
        let moments = stride(from: 37, to: 900, by: 131)
        let load = SpoolLoad(
            database, users: 8, messages: 40, incidents: Dictionary(uniqueKeysWithValues: moments.map { ($0, die) }))
        let books = await load.run()
        try await database.compare(with: books)
        await database.spool.close()
        let next = try DatabaseSpool(server.conninfo, in: directory)
        try await next.compare(with: books)
        await next.spool.close()
    }

    @Test("refuses mail at once, keeps outcomes, and goes on by itself when the database is back")
    func away() async throws {
        let server = try PostgresServer()
        let database = try DatabaseSpool(server.conninfo)
        let user = DatabaseUser(database)
        let ids = (0..<3).map { _ in database.makeID() }
        for id in ids[..<2] { #expect(await user.accept(.sample(id, .content(100))) == .done) }
        server.stop(.immediate)
        #expect(await user.accept(.sample(ids[2], .content(100)))?.error?.code == .inputOutput)
        #expect(database.spool.refusal != nil)
        let outcomes = await user.perform([
            .settle(.sample(ids[0], .deferred), ticket: user.ticket()),
            .settle(.sample(ids[1], .failed), ticket: user.ticket()),
        ])
        #expect(outcomes.allSatisfy { $0?.error?.code == .inputOutput })
        #expect(await user.perform(.beginAttempt(ids[0], .sample))?.error?.code == .inputOutput)
        try server.start()
        await database.settled(ids)
        try await database.compare(with: user.books)
        #expect(await user.accept(.sample(database.makeID(), .content(100))) == .done)
        try await database.compare(with: user.books)
        await database.spool.close()
    }

    @Test("writes at its end what it could not before")
    func lateOutcomes() async throws {
        let server = try PostgresServer()
        let directory = try TemporaryDirectory()
        var tuning = PostgresTuning.quick
        // Nobody but the end connects.
        (tuning.shortestPause, tuning.longestPause) = (.seconds(3600), .seconds(3600))
        let database = try DatabaseSpool(server.conninfo, in: directory, tuning: tuning)
        let user = DatabaseUser(database)
        let id = database.makeID()
        #expect(await user.accept(.sample(id, .content(100))) == .done)
        server.stop(.immediate)
        #expect(await user.perform(.settle(.sample(id, .deferred), ticket: user.ticket()))?.error != nil)
        try server.start()
        await database.spool.close()
        let next = try DatabaseSpool(server.conninfo, in: directory)
        try await next.compare(with: user.books)
        await next.spool.close()
    }

    @Test("refuses mail while its disk is full, and delivers on", arguments: ["message", "content", "chunk"])
    func full(table: String) async throws {
        let server = try PostgresServer(fsync: false)
        let database = try DatabaseSpool(server.conninfo)
        let user = DatabaseUser(database)
        let ids = (0..<4).map { _ in database.makeID() }
        for id in ids[..<3] { #expect(await user.accept(.sample(id, .content(1500))) == .done) }
        try server.execute(
            """
            CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
            """)
        for name in Set([table, "chunk"]) {
            try server.execute(
                "CREATE TRIGGER no_room_\(name) BEFORE INSERT ON posthorse.\(name) EXECUTE FUNCTION no_room()")
        }
        let answers = await user.perform([
            .accept(.sample(ids[3], .content(1500)), ticket: user.ticket()),
            .settle(.sample(ids[0], .deferred), ticket: user.ticket()),
            .beginAttempt(ids[1], .sample),
            .settle(.sample(ids[2], .failed), ticket: user.ticket()),
        ])
        #expect(answers[0]?.error?.code == .full)
        #expect(answers[1...].allSatisfy { $0 == .done })
        #expect(database.spool.refusal?.code == .full)
        try await database.compare(with: user.books)
        for name in Set([table, "chunk"]) { try server.execute("DROP TRIGGER no_room_\(name) ON posthorse.\(name)") }
        await database.recovered()
        #expect(await user.accept(.sample(database.makeID(), .content(1500))) == .done)
        try await database.compare(with: user.books)
        await database.spool.close()
    }
}

@Suite("A spool whose database moves to the standby", .timeLimit(.minutes(10)))
struct SwitchoverTests {
    @Test("loses nothing that it has promised, and keeps nothing that it has refused", arguments: 0..<2)
    func underLoad(round: Int) async throws {
        let primary = try PostgresServer()
        let standby = try PostgresServer(standbyOf: primary)
        let directory = try TemporaryDirectory()
        let both = [primary, standby]
        let hosts = both.map(\.directory).joined(separator: ",")
        let ports = both.map { "\($0.port)" }.joined(separator: ",")
        let conninfo =
            "host=\(hosts) port=\(ports) user=\(PostgresServer.user) dbname=posthorse target_session_attrs=read-write"
        let database = try DatabaseSpool(conninfo, in: directory)
        let load = SpoolLoad(
            database, users: 8, messages: 30,
            incidents: [
                300 + 57 * round: {
                    primary.stop(.immediate)
                    do { try standby.promote() } catch { Issue.record(error) }
                }
            ])
        let books = await load.run()
        #expect(primary.pid == nil)
        try await database.compare(with: books)
        await database.spool.close()
        let next = try DatabaseSpool(standby.conninfo, in: directory)
        try await next.compare(with: books)
        await next.spool.close()
    }
}
