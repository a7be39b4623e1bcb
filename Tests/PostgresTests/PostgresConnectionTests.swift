import Mail
import NIOCore
import TestKit
import Testing

@testable import Postgres

@Suite("A connection to PostgreSQL")
struct PostgresConnectionTests {
    private static let server = Result { try PostgresServer() }

    private func connect() throws -> PostgresConnection {
        try PostgresConnector.connect(PostgresSettings(database: Self.server.get().database))
    }

    @Test("carries values of every type there and back")
    func values() throws {
        let connection = try connect()
        var bytes = PostgresArray(.bytes)
        bytes.append(octets: [0, 255])
        bytes.appendNull()
        let rows = try connection.run(
            PostgresStatement(
                "values", "SELECT $1::bigint, $2::text, $3::bytea, $4::boolean, $5::text, array_length($6::bytea[], 1)"),
            .integer(-5_000_000_000), .text("Zoë"), .bytes([0, 1]), .bool(true), .null, .array(bytes))
        #expect(rows.integer(0, 0) == -5_000_000_000)
        #expect(rows.text(0, 1) == "Zoë")
        #expect(rows.bytes(0, 2) == [0, 1])
        #expect(rows.integer(0, 3) == 1)
        #expect(rows.isNull(0, 4))
        #expect(rows.integer(0, 5) == 2)
    }

    @Test("undoes a pipeline whose middle fails, and goes on")
    func failure() throws {
        let connection = try connect()
        try connection.run(PostgresStatement("make", "CREATE TABLE public.undone (number bigint)"))
        #expect {
            try connection.run([
                PostgresQuery(PostgresStatement("insert", "INSERT INTO public.undone VALUES (1)")),
                PostgresQuery(PostgresStatement("fail", "SELECT 1 / $1::bigint"), [.integer(0)]),
                PostgresQuery(PostgresStatement("insert", "INSERT INTO public.undone VALUES (1)")),
            ])
        } throws: { error in
            (error as? PostgresError)?.state == "22012"
        }
        #expect(try connection.run(PostgresStatement("count", "SELECT count(*) FROM public.undone")).integer(0, 0) == 0)
    }

    @Test("carries more than the sockets hold, in both directions at once")
    func large() throws {
        let connection = try connect()
        let octets = [UInt8](repeating: 7, count: 8 << 20)
        let echo = PostgresStatement("echo", "SELECT $1::bytea")
        let answers = try connection.run((0..<4).map { _ in PostgresQuery(echo, [.bytes(octets)]) })
        #expect(answers.count == 4)
        #expect(answers.allSatisfy { $0.octets(0, 0).count == octets.count })
    }

    @Test("is lost when the server ends it, and says so")
    func terminated() throws {
        let (connection, other) = (try connect(), try connect())
        try other.run(
            PostgresStatement("end", "SELECT pg_terminate_backend($1::bigint::integer)"), .integer(connection.process))
        #expect {
            while true { try connection.run(.begin) }
        } throws: { error in
            (error as? PostgresError)?.isFatal == true
        }
    }

    @Test("is refused with words that name the host")
    func unreachable() {
        #expect {
            try PostgresConnector.connect(PostgresSettings(database: "host=/nonexistent user=x"))
        } throws: { error in
            (error as? PostgresError).map { $0.code == .unreachable && $0.message.contains("/nonexistent") } ?? false
        }
    }
}
