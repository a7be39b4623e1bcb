package import Mail

/// Reads what the spool keeps about messages that have left, through a connection of its own; used by one thread at a
/// time.
package final class DepartureReader: DepartureRows {
    private let connection: SQLiteConnection
    private let after: SQLiteStatement
    private let before: SQLiteStatement
    private let oldest: SQLiteStatement
    private let ages: SQLiteStatement
    private let contentEnds: SQLiteStatement
    private let oldestContent: SQLiteStatement

    /// - Parameters:
    ///   - path: the data directory.
    ///   - isRunning: whether this process has the spool open.
    package convenience init(path: String, isRunning: Bool) throws(SpoolError) {
        try self.init(
            SQLiteConnection(path: path + "/spool.sqlite3", access: isRunning ? .read : .inspect, cache: 128))
    }

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        self.connection = connection
        let columns = "first, last, at, entries"
        after = try connection.prepare("SELECT \(columns) FROM history WHERE first > ? ORDER BY first LIMIT ?")
        before = try connection.prepare("SELECT \(columns) FROM history WHERE first < ? ORDER BY first DESC LIMIT ?")
        oldest = try connection.prepare(
            """
            SELECT (SELECT min(first) FROM history),
                (SELECT last FROM history WHERE first = (SELECT max(first) FROM history))
            """)
        ages = try connection.prepare("SELECT last, at, length(entries) FROM history ORDER BY first LIMIT ?")
        contentEnds = try connection.prepare(
            "SELECT (SELECT min(number) FROM kept_content), (SELECT max(number) FROM kept_content)")
        oldestContent = try connection.prepare("SELECT number, octets FROM kept_content ORDER BY number LIMIT ?")
    }

    /// Calls `body` within one read transaction.
    package func reading<Result>(_ body: () throws(SpoolError) -> Result) throws(SpoolError) -> Result {
        try connection.reading(body)
    }

    /// Numbers of the first and the last entry; nil for none.
    package func range() throws(SpoolError) -> ClosedRange<Int>? { try range(oldest) }

    /// Numbers of the first and the last entry whose content is kept; nil for none.
    package func contentRange() throws(SpoolError) -> ClosedRange<Int>? { try range(contentEnds) }

    private func range(_ statement: SQLiteStatement) throws(SpoolError) -> ClosedRange<Int>? {
        guard try statement.next() else { return nil }
        defer { statement.reset() }
        guard !statement.isNull(0) else { return nil }
        return statement.integer(0)...statement.integer(1)
    }

    /// Batches that begin after this entry, oldest first.
    package func batches(after number: Int, limit: Int) throws(SpoolError) -> [DepartureBatch] {
        try batches(after, number, limit)
    }

    /// Batches that begin before this entry, newest first.
    package func batches(before number: Int, limit: Int) throws(SpoolError) -> [DepartureBatch] {
        try batches(before, number, limit)
    }

    private func batches(
        _ statement: SQLiteStatement, _ number: Int, _ limit: Int
    ) throws(SpoolError) -> [DepartureBatch] {
        statement.bind(1, number)
        statement.bind(2, limit)
        var batches: [DepartureBatch] = []
        while try statement.next() {
            batches.append(
                DepartureBatch(
                    first: statement.integer(0), last: statement.integer(1),
                    at: Timestamp(milliseconds: Int64(statement.integer(2))),
                    entries: statement.withBytes(3) { Array($0) }))
        }
        return batches
    }

    /// The last entry, the time and the octets of the oldest batches, oldest first.
    package func oldest(limit: Int) throws(SpoolError) -> [(last: Int, at: Timestamp, octets: Int)] {
        ages.bind(1, limit)
        var found: [(last: Int, at: Timestamp, octets: Int)] = []
        while try ages.next() {
            found.append((ages.integer(0), Timestamp(milliseconds: Int64(ages.integer(1))), ages.integer(2)))
        }
        return found
    }

    /// The entry up to which content has to go for this many octets; nil if there is no content.
    package func contentEnd(octets: Int) throws(SpoolError) -> Int? {
        oldestContent.bind(1, Int(Int32.max))
        defer { oldestContent.reset() }
        var (end, left) = (Int?.none, octets)
        while left > 0, try oldestContent.next() {
            end = oldestContent.integer(0)
            left -= oldestContent.integer(1)
        }
        return end
    }
}
