internal import Mail

/// The table `resubmission`: keys of messages that were accepted, also of those that have gone since.
final class ResubmissionTable {
    /// What is known of a key.
    enum Finding: Equatable {
        case new
        /// It is that of this message.
        case known(QueueID)
        /// It was used for another message.
        case other
    }

    private let connection: SQLiteConnection
    private let find: SQLiteStatement
    private let insert: SQLiteStatement
    private let delete: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        self.connection = connection
        find = try connection.prepare("SELECT id, content, expires_at FROM resubmission WHERE key = ?")
        insert = try connection.prepare(
            "INSERT OR REPLACE INTO resubmission (key, id, content, expires_at) VALUES (?, ?, ?, ?)")
        delete = try connection.prepare(
            """
            DELETE FROM resubmission WHERE key IN
                (SELECT key FROM resubmission WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """)
    }

    /// - Parameter now: what has expired by then is as if it were not there.
    func find(_ resubmission: Resubmission, at now: Timestamp) throws(SpoolError) -> Finding {
        find.bind(1, copied: resubmission.key)
        guard try find.next() else { return .new }
        defer { find.reset() }
        guard find.integer(2) > Int(now.milliseconds) else { return .new }
        let isSame = find.withBytes(1) { Array($0) } == resubmission.content ?? []
        return isSame ? .known(QueueID(rawValue: Int64(find.integer(0)))) : .other
    }

    func insert(_ resubmission: Resubmission, of id: QueueID) throws(SpoolError) {
        insert.bind(1, copied: resubmission.key)
        insert.bind(2, Int(id.rawValue))
        if let content = resubmission.content { insert.bind(3, copied: content) } else { insert.bindNull(3) }
        insert.bind(4, Int(resubmission.expiresAt.milliseconds))
        try insert.run()
    }

    /// Removes what has expired, the oldest first.
    ///
    /// - Returns: how many.
    func expire(until now: Timestamp, limit: Int) throws(SpoolError) -> Int {
        delete.bind(1, Int(now.milliseconds))
        delete.bind(2, limit)
        try delete.run()
        return connection.changes
    }
}
