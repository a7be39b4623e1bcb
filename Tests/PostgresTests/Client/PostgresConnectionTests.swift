import TestKit
import Testing

@testable import Postgres

@Suite("A connection to PostgreSQL", .ownThread)
struct PostgresConnectionTests {
    private let server: PostgresServer
    private let connection: PostgresConnection

    init() throws {
        server = try PostgresServer(fsync: false)
        connection = try PostgresConnector.connect(PostgresSettings(database: server.conninfo))
        try connection.run(PostgresStatement("", "CREATE SCHEMA posthorse"))
    }

    @Test("takes and gives every kind of value")
    func values() throws {
        let statement = PostgresStatement(
            "values",
            "SELECT $1, $2, $3, $4, $5::int, $6, cardinality($7), ($7)[2], ($8)[1], $9 IS NULL, cardinality($10)")
        var texts = PostgresArray(.text)
        texts.append("a")
        texts.append("Grüße")
        var empty = PostgresArray(.bytes)
        empty.reserve(octets: 0)
        let rows = try connection.run(
            statement, .bool(true), .integer(.min), .text("Grüße"), .bytes([0, 255]), .integer(7), .text(""),
            .array(texts), .array(PostgresArray([Int.max])), .array(PostgresArray(.text)), .array(empty))
        #expect(rows.count == 1)
        #expect(rows.integer(0, 0) == 1)
        #expect(rows.integer(0, 1) == .min)
        #expect(rows.text(0, 2) == "Grüße")
        #expect(rows.bytes(0, 3) == [0, 255])
        #expect(rows.integer(0, 4) == 7)
        #expect(rows.optionalText(0, 5) == "")
        #expect(rows.integer(0, 6) == 2)
        #expect(rows.text(0, 7) == "Grüße")
        #expect(rows.integer(0, 8) == .max)
        #expect(rows.integer(0, 9) == 0)
        #expect(rows.integer(0, 10) == 0)
    }

    @Test("tells nulls from empty values, and prepares anew once the type of a null is known")
    func nulls() throws {
        try connection.run(PostgresStatement("", "CREATE TABLE t (a int, b text)"))
        let insert = PostgresStatement("insert", "INSERT INTO t VALUES ($1, $2)")
        for values: [PostgresValue] in [[.null, .text("")], [.integer(5), .null], [.integer(6), .text("b")]] {
            let rows = try connection.run([PostgresQuery(insert, values)])
            #expect(rows[0].affected == 1)
        }
        let rows = try connection.run(PostgresStatement("", "SELECT a, b FROM t ORDER BY a NULLS FIRST"))
        #expect(rows.isNull(0, 0))
        #expect(rows.optionalText(0, 1) == "")
        #expect(rows.optionalInteger(1, 0) == 5)
        #expect(rows.optionalText(1, 1) == nil)
        #expect(rows.count == 3)
    }

    @Test("runs a group as one transaction, and goes on after an error")
    func group() throws {
        let insert = PostgresStatement("insert", "INSERT INTO t VALUES ($1)")
        try connection.run(PostgresStatement("", "CREATE TABLE t (a bigint PRIMARY KEY)"))
        let error = #expect(throws: PostgresError.self) {
            try connection.run([1, 2, 1, 3].map { PostgresQuery(insert, [.integer($0)]) })
        }
        #expect(error?.state == "23505")
        #expect(error?.isFatal == false)
        #expect(error?.message.contains("insert") == true)
        let count = PostgresStatement("count", "SELECT count(*) FROM t")
        #expect(try connection.run(count).integer(0, 0) == 0)
        let rows = try connection.run([
            PostgresQuery(insert, [.integer(1)]), PostgresQuery(count), PostgresQuery(insert, [.integer(2)]),
            PostgresQuery(count),
        ])
        #expect(rows.map { $0.affected } == [1, 1, 1, 1])
        #expect([rows[1], rows[3]].map { $0.integer(0, 0) } == [1, 2])
    }

    @Test("rolls back a transaction whose body fails")
    func transaction() throws {
        try connection.run(PostgresStatement("", "CREATE TABLE t (a bigint)"))
        let insert = PostgresStatement("insert", "INSERT INTO t VALUES ($1)")
        #expect(throws: PostgresError.self) {
            try connection.transaction { () throws(PostgresError) in
                try connection.run(insert, .integer(1))
                try connection.run(PostgresStatement("", "SELECT 1/0"))
            }
        }
        try connection.transaction { () throws(PostgresError) in _ = try connection.run(insert, .integer(2)) }
        let rows = try connection.run(PostgresStatement("", "SELECT a FROM t"))
        #expect((0..<rows.count).map { rows.integer($0, 0) } == [2])
    }

    @Test("knows its server and its process")
    func facts() throws {
        #expect(connection.serverVersion >= 130_000)
        let row = try connection.run(
            PostgresStatement("", "SELECT pg_backend_pid(), current_setting('application_name'), current_schema()"))
        #expect(row.integer(0, 0) == connection.process)
        #expect(row.text(0, 1) == "posthorse")
        #expect(row.text(0, 2) == "posthorse")
        #expect(connection.place.contains(server.directory))
    }

    @Test("is given up when a statement that it has prepared is outdated")
    func outdated() throws {
        try connection.run(PostgresStatement("", "CREATE TABLE t (a bigint)"))
        let all = PostgresStatement("all", "SELECT * FROM t")
        try connection.run(all)
        try connection.run(PostgresStatement("", "ALTER TABLE t ADD b bigint"))
        let error = #expect(throws: PostgresError.self) { try connection.run(all) }
        #expect(error?.isFatal == true)
        #expect(!connection.isOpen)

        let second = try PostgresConnector.connect(PostgresSettings(database: server.conninfo))
        try second.run(all)
        try second.run(PostgresStatement("", "DEALLOCATE ALL"))
        #expect(throws: PostgresError.self) { try second.run(all) }
        #expect(!second.isOpen)
    }

    @Test("takes and gives 50 MB in one group")
    func large() throws {
        let octets = [UInt8](repeating: 0xA5, count: 50_000_000)
        let echo = PostgresStatement("echo", "SELECT $1")
        let rows = try connection.run((0..<2).map { _ in PostgresQuery(echo, [.bytes(octets)]) })
        for row in rows { #expect(row.bytes(0, 0) == octets) }
    }

    @Test(
        "survives a restart of the server as an error, not as a hang",
        arguments: [PostgresServer.Stop.fast, .immediate])
    func restart(stop: PostgresServer.Stop) throws {
        try server.restart(stop)
        let error = #expect(throws: PostgresError.self) { try connection.run(PostgresStatement("", "SELECT 1")) }
        #expect(error?.isFatal == true)
        #expect(error?.code == .connection)
        #expect(throws: PostgresError.self) { try connection.run(PostgresStatement("", "SELECT 1")) }
        let second = try PostgresConnector.connect(PostgresSettings(database: server.conninfo))
        #expect(try second.run(PostgresStatement("", "SELECT 1")).integer(0, 0) == 1)
    }
}
