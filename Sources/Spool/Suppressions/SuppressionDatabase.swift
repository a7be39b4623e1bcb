internal import Mail
internal import Suppression

/// The rows of `suppression.sqlite3`. Used by one thread at a time.
final class SuppressionDatabase: SuppressionRows {
    private let connection: SQLiteConnection
    private let insert, update, delete, deletePattern, find, findPattern, page, readTally, writeTally, deleteTally,
        expired,
        deleteExpired, deleteTallies: SQLiteStatement

    static func path(in directory: String) -> String { directory + "/suppression.sqlite3" }

    /// Opens the database, and creates it where it is missing.
    ///
    /// - Throws: ``SpoolError``.
    init(directory: String, vfs: String? = nil) throws(SpoolError) {
        connection = try SQLiteConnection(path: Self.path(in: directory), access: .write, cache: 8192, vfs: vfs)
        try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        try connection.execute("PRAGMA journal_size_limit = \(4 << 20)")
        try SpoolSchema.migrate(connection, SuppressionSchema.migrations)
        let columns = "pattern, route, reason, source, added_by, added_at, expires_at"
        insert = try connection.prepare("INSERT OR IGNORE INTO suppression (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?)")
        update = try connection.prepare(
            "UPDATE suppression SET reason = ?3, source = ?4, added_by = ?5, added_at = ?6, expires_at = ?7 "
                + "WHERE pattern = ?1 AND route = ?2")
        delete = try connection.prepare("DELETE FROM suppression WHERE pattern = ? AND route = ?")
        deletePattern = try connection.prepare(
            "DELETE FROM suppression WHERE pattern = ?1 AND (?2 IS NULL OR route = ?2) RETURNING route")
        find = try connection.prepare("SELECT \(columns) FROM suppression WHERE pattern = ? AND route = ?")
        findPattern = try connection.prepare(
            "SELECT \(columns) FROM suppression WHERE pattern = ?1 AND (?2 IS NULL OR route = ?2)")
        page = try connection.prepare(
            "SELECT \(columns) FROM suppression WHERE (pattern, route) > (?, ?) ORDER BY pattern, route LIMIT ?")
        readTally = try connection.prepare("SELECT tally FROM bounce WHERE address = ?")
        writeTally = try connection.prepare(
            "INSERT INTO bounce (address, tally, last_at) VALUES (?1, ?2, ?3) "
                + "ON CONFLICT (address) DO UPDATE SET tally = ?2, last_at = ?3")
        deleteTally = try connection.prepare("DELETE FROM bounce WHERE address = ?")
        expired = try connection.prepare("SELECT \(columns) FROM suppression WHERE expires_at <= ? LIMIT ?")
        deleteExpired = try connection.prepare(
            "DELETE FROM suppression WHERE pattern = ? AND route = ? AND expires_at <= ?")
        deleteTallies = try connection.prepare(
            "DELETE FROM bounce WHERE address IN (SELECT address FROM bounce WHERE last_at < ? LIMIT ?)")
    }

    func transaction<Result>(
        isRehearsal: Bool, _ body: () throws(SpoolError) -> Result
    ) throws(SpoolError) -> Result {
        try connection.execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            SpoolStep.reached(.beforeSuppressionCommit)
            try connection.execute(isRehearsal ? "ROLLBACK" : "COMMIT")
            SpoolStep.reached(.afterSuppressionCommit)
            return result
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw Self.words(about: error)
        }
    }

    /// What has come of a change, for people: SQLite names its statement.
    private static func words(about error: SpoolError) -> SpoolError {
        guard error.code == .full else { return error }
        return SpoolError(.full, "the disk is full, and nothing has changed: \(error.message)")
    }

    // MARK: Suppressions

    func set(_ entries: [SuppressionEntry]) throws(SpoolError) -> [Bool] {
        var results: [Bool] = []
        results.reserveCapacity(entries.count)
        for entry in entries { results.append(try set(entry)) }
        return results
    }

    /// - Returns: whether it is new.
    private func set(_ entry: SuppressionEntry) throws(SpoolError) -> Bool {
        bind(entry, to: insert)
        try insert.run()
        guard connection.changes == 0 else { return true }
        bind(entry, to: update)
        try update.run()
        return false
    }

    private func bind(_ entry: SuppressionEntry, to statement: SQLiteStatement) {
        statement.bind(1, entry.key.pattern.text)
        statement.bind(2, entry.key.route ?? "")
        statement.bind(3, entry.reason)
        statement.bind(4, entry.source.rawValue)
        statement.bind(5, entry.addedBy)
        statement.bind(6, Int(entry.addedAt.milliseconds))
        statement.bind(7, entry.expiresAt.map { Int($0.milliseconds) })
    }

    func remove(_ keys: [SuppressionKey]) throws(SpoolError) {
        for key in keys {
            delete.bind(1, key.pattern.text)
            delete.bind(2, key.route ?? "")
            try delete.run()
        }
    }

    func remove(_ patterns: [SuppressionPattern], route: String?) throws(SpoolError) -> [[SuppressionKey]] {
        var removed: [[SuppressionKey]] = []
        for pattern in patterns { removed.append(try remove(pattern, route: route)) }
        return removed
    }

    private func remove(_ pattern: SuppressionPattern, route: String?) throws(SpoolError) -> [SuppressionKey] {
        deletePattern.bind(1, pattern.text)
        deletePattern.bind(2, route)
        var keys: [SuppressionKey] = []
        while try deletePattern.next() {
            let route = deletePattern.text(0)
            keys.append(SuppressionKey(pattern, route: route.isEmpty ? nil : route))
        }
        return keys
    }

    func entries(of keys: [SuppressionKey]) throws(SpoolError) -> [SuppressionKey: SuppressionEntry] {
        var entries: [SuppressionKey: SuppressionEntry] = [:]
        for key in keys { entries[key] = try entry(key) }
        return entries
    }

    private func entry(_ key: SuppressionKey) throws(SpoolError) -> SuppressionEntry? {
        find.bind(1, key.pattern.text)
        find.bind(2, key.route ?? "")
        defer { find.reset() }
        return try find.next() ? Self.entry(find) : nil
    }

    func entries(of patterns: [SuppressionPattern], route: String?) throws(SpoolError) -> [[SuppressionEntry]] {
        var entries: [[SuppressionEntry]] = []
        for pattern in patterns {
            findPattern.bind(1, pattern.text)
            findPattern.bind(2, route)
            entries.append(try Self.entries(findPattern))
        }
        return entries
    }

    func entries(after last: SuppressionKey?, limit: Int) throws(SpoolError) -> [SuppressionEntry] {
        page.bind(1, last?.pattern.text ?? "")
        page.bind(2, last?.route ?? "")
        page.bind(3, limit)
        return try Self.entries(page)
    }

    private static func entries(_ statement: SQLiteStatement) throws(SpoolError) -> [SuppressionEntry] {
        var entries: [SuppressionEntry] = []
        while try statement.next() { entries.append(entry(statement)) }
        return entries
    }

    private static func entry(_ row: SQLiteStatement) -> SuppressionEntry {
        let route = row.text(1)
        return SuppressionEntry(
            SuppressionKey(SuppressionPattern(stored: row.text(0)), route: route.isEmpty ? nil : route),
            reason: row.text(2), source: SuppressionSource(rawValue: row.text(3)) ?? .operator,
            addedBy: row.isNull(4) ? nil : row.text(4), addedAt: Timestamp(milliseconds: Int64(row.integer(5))),
            expiresAt: row.isNull(6) ? nil : Timestamp(milliseconds: Int64(row.integer(6))))
    }

    func removeExpired(at now: Timestamp, limit: Int) throws(SpoolError) -> [SuppressionKey] {
        expired.bind(1, Int(now.milliseconds))
        expired.bind(2, limit)
        let keys = try Self.entries(expired).map(\.key)
        for key in keys {
            deleteExpired.bind(1, key.pattern.text)
            deleteExpired.bind(2, key.route ?? "")
            deleteExpired.bind(3, Int(now.milliseconds))
            try deleteExpired.run()
        }
        return keys
    }

    // MARK: Bounces

    func tallies(of addresses: [String]) throws(SpoolError) -> [String: BounceTally] {
        var tallies: [String: BounceTally] = [:]
        for address in addresses {
            readTally.bind(1, address)
            defer { readTally.reset() }
            if try readTally.next() { tallies[address] = BounceTally(stored: readTally.text(0)) }
        }
        return tallies
    }

    func set(_ tallies: [BounceCount.Counted]) throws(SpoolError) {
        for counted in tallies {
            writeTally.bind(1, counted.address)
            writeTally.bind(2, counted.tally.text)
            writeTally.bind(3, Int(counted.lastAt.milliseconds))
            try writeTally.run()
        }
    }

    func removeTallies(of addresses: [String]) throws(SpoolError) {
        for address in addresses {
            deleteTally.bind(1, address)
            try deleteTally.run()
        }
    }

    func removeTallies(before moment: Timestamp, limit: Int) throws(SpoolError) -> Int {
        deleteTallies.bind(1, Int(moment.milliseconds))
        deleteTallies.bind(2, limit)
        try deleteTallies.run()
        return connection.changes
    }
}
