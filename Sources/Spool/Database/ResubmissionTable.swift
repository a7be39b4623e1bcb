internal import Mail

/// The table `resubmission`: keys of accepted messages, including those that are gone.
final class ResubmissionTable {
    /// Result of looking up a key.
    enum Finding: Equatable {
        case new
        /// Used too long ago to matter.
        case expired
        /// Used for this message.
        case known(QueueID)
        /// Used for another message.
        case other
    }

    private let connection: SQLiteConnection
    private let find: SQLiteStatement
    private let insert: SQLiteStatement
    private let forget: SQLiteStatement
    private let deleteExpired: SQLiteStatement
    private let deleteOldest: SQLiteStatement
    /// Number of rows; must be restored when a transaction is rolled back.
    var count: Int

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        self.connection = connection
        find = try connection.prepare("SELECT id, envelope, expires_at FROM resubmission WHERE key = ?")
        insert = try connection.prepare(
            "INSERT OR REPLACE INTO resubmission (key, id, envelope, expires_at) VALUES (?, ?, ?, ?)")
        forget = try connection.prepare("DELETE FROM resubmission WHERE id = ?")
        deleteExpired = try connection.prepare(
            """
            DELETE FROM resubmission WHERE key IN
                (SELECT key FROM resubmission WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """)
        deleteOldest = try connection.prepare(
            """
            DELETE FROM resubmission WHERE key IN (SELECT key FROM resubmission ORDER BY expires_at LIMIT ?1)
            """)
        count = try connection.integer("SELECT count(*) FROM resubmission")
    }

    /// Keys that have expired are ignored.
    func find(_ resubmission: Resubmission) throws(SpoolError) -> Finding {
        find.bind(1, copied: resubmission.key)
        guard try find.next() else { return .new }
        defer { find.reset() }
        guard find.integer(2) > Int(resubmission.submittedAt.milliseconds) else { return .expired }
        let isSame = find.withBytes(1) { Array($0) } == resubmission.envelope ?? []
        return isSame ? .known(QueueID(rawValue: Int64(find.integer(0)))) : .other
    }

    /// - Parameter isReplacement: whether there is a row with this key.
    func insert(
        _ resubmission: Resubmission, of id: QueueID, replacing isReplacement: Bool
    ) throws(SpoolError) {
        insert.bind(1, copied: resubmission.key)
        insert.bind(2, Int(id.rawValue))
        if let envelope = resubmission.envelope { insert.bind(3, copied: envelope) } else { insert.bindNull(3) }
        insert.bind(4, Int(resubmission.expiresAt.milliseconds))
        try insert.run()
        if !isReplacement { count += 1 }
    }

    /// The message is gone, and nobody has it: handed in again, it is new.
    func forget(_ id: QueueID) throws(SpoolError) {
        guard count > 0 else { return }
        forget.bind(1, Int(id.rawValue))
        _ = try remove(by: forget)
    }

    /// Removes expired keys, oldest first.
    ///
    /// - Returns: how many.
    func expire(until now: Timestamp, limit: Int) throws(SpoolError) -> Int {
        deleteExpired.bind(1, Int(now.milliseconds))
        deleteExpired.bind(2, limit)
        return try remove(by: deleteExpired)
    }

    /// Removes the keys closest to expiry until at most `most` are left.
    ///
    /// - Returns: how many.
    func trim(to most: Int, limit: Int) throws(SpoolError) -> Int {
        guard limit > 0, count > most else { return 0 }
        deleteOldest.bind(1, min(limit, count - most))
        return try remove(by: deleteOldest)
    }

    private func remove(by statement: SQLiteStatement) throws(SpoolError) -> Int {
        try statement.run()
        count -= connection.changes
        return connection.changes
    }
}
