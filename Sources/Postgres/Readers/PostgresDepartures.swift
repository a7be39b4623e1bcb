internal import Mail
internal import Spool

/// Reads the tables `history` and `kept_content`; used by one thread at a time.
final class PostgresDepartures: DepartureRows {
    private enum Statements {
        static let begin = PostgresStatement(
            "departures_begin", "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        static let after = PostgresStatement(
            "departures_after",
            "SELECT first, last, at, entries FROM history WHERE first > $1::bigint ORDER BY first LIMIT $2::bigint")
        static let before = PostgresStatement(
            "departures_before",
            "SELECT first, last, at, entries FROM history WHERE first < $1::bigint ORDER BY first DESC LIMIT $2::bigint"
        )
        static let range = PostgresStatement(
            "departures_range",
            "SELECT min(first), (SELECT last FROM history ORDER BY first DESC LIMIT 1) FROM history")
        static let contentRange = PostgresStatement(
            "departures_contents", "SELECT min(number), max(number) FROM kept_content")
        static let oldest = PostgresStatement(
            "departures_oldest",
            "SELECT last, at, octet_length(entries)::bigint FROM history ORDER BY first LIMIT $1::bigint")
        static let contentEnd = PostgresStatement(
            "departures_content_end",
            """
            SELECT min(number) FROM (SELECT number, sum(octets) OVER (ORDER BY number) AS total FROM kept_content) AS k
            WHERE total >= $1::bigint
            """)
        static let lastContent = PostgresStatement("departures_last_content", "SELECT max(number) FROM kept_content")
    }

    private let session: any PostgresSession

    init(_ session: any PostgresSession) {
        self.session = session
    }

    func reading<Result>(_ body: () throws(SpoolError) -> Result) throws(SpoolError) -> Result {
        try ask { () throws(PostgresError) in _ = try session.run([PostgresQuery(Statements.begin)]) }
        defer { _ = try? session.run([PostgresQuery(.commit)]) }
        return try body()
    }

    func range() throws(SpoolError) -> ClosedRange<Int>? { try range(Statements.range) }

    func contentRange() throws(SpoolError) -> ClosedRange<Int>? { try range(Statements.contentRange) }

    private func range(_ statement: PostgresStatement) throws(SpoolError) -> ClosedRange<Int>? {
        try ask { () throws(PostgresError) in
            let rows = try session.run(statement)
            return rows.isNull(0, 0) ? nil : rows.integer(0, 0)...rows.integer(0, 1)
        }
    }

    func batches(after number: Int, limit: Int) throws(SpoolError) -> [DepartureBatch] {
        try batches(Statements.after, number, limit)
    }

    func batches(before number: Int, limit: Int) throws(SpoolError) -> [DepartureBatch] {
        try batches(Statements.before, number, limit)
    }

    private func batches(
        _ statement: PostgresStatement, _ number: Int, _ limit: Int
    ) throws(SpoolError) -> [DepartureBatch] {
        try ask { () throws(PostgresError) in
            let rows = try session.run(statement, .integer(number), .integer(limit))
            return (0..<rows.count).map { row in
                DepartureBatch(
                    first: rows.integer(row, 0), last: rows.integer(row, 1),
                    at: Timestamp(milliseconds: Int64(rows.integer(row, 2))), entries: rows.bytes(row, 3))
            }
        }
    }

    func oldest(limit: Int) throws(SpoolError) -> [(last: Int, at: Timestamp, octets: Int)] {
        try ask { () throws(PostgresError) in
            let rows = try session.run(Statements.oldest, .integer(limit))
            return (0..<rows.count).map { row in
                (rows.integer(row, 0), Timestamp(milliseconds: Int64(rows.integer(row, 1))), rows.integer(row, 2))
            }
        }
    }

    func contentEnd(octets: Int) throws(SpoolError) -> Int? {
        guard octets > 0 else { return nil }
        return try ask { () throws(PostgresError) in
            let rows = try session.run(Statements.contentEnd, .integer(octets))
            if let end = rows.optionalInteger(0, 0) { return end }
            return try session.run(Statements.lastContent).optionalInteger(0, 0)
        }
    }

    private func ask<Answer>(_ question: () throws(PostgresError) -> Answer) throws(SpoolError) -> Answer {
        do throws(PostgresError) {
            return try question()
        } catch {
            throw SpoolError(error)
        }
    }
}
