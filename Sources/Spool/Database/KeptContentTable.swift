internal import Mail

/// The table `kept_content`: content of messages that have left, by the number of their entry in the history.
///
/// Nothing is copied: a message's row in the table `content`, and its octets in segments, stay where they are, and belong
/// to a row of this table instead of one of `message`.
final class KeptContentTable {
    private let connection: SQLiteConnection
    private let insert: SQLiteStatement
    private let deleteOldest: SQLiteStatement
    private let deleteOne: SQLiteStatement
    private let deleteContent: SQLiteStatement
    private let move: SQLiteStatement
    /// Number of the newest entry that it has had content of.
    let last: Int
    /// Octets of all content in it.
    private(set) var octets: Int
    /// By which this transaction changes them.
    private var change = 0

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        self.connection = connection
        let columns = "id, octets, checksum, extents"
        insert = try connection.prepare("INSERT INTO kept_content (number, \(columns)) VALUES (?, ?, ?, ?, ?)")
        deleteOldest = try connection.prepare(
            """
            DELETE FROM kept_content WHERE number IN
                (SELECT number FROM kept_content WHERE number <= ? ORDER BY number LIMIT ?)
            RETURNING \(columns)
            """)
        deleteOne = try connection.prepare("DELETE FROM kept_content WHERE number = ? RETURNING \(columns)")
        deleteContent = try connection.prepare("DELETE FROM content WHERE id = ?")
        move = try connection.prepare("UPDATE kept_content SET extents = ?3 WHERE id = ?1 AND extents = ?2")
        last = try connection.integer("SELECT max(number) FROM kept_content")
        octets = try connection.integer("SELECT sum(octets) FROM kept_content")
    }

    /// Keeps the content of a message that leaves with this transaction.
    func add(_ content: KeptContent, number: Int) throws(SpoolError) {
        insert.bind(1, number)
        insert.bind(2, Int(content.id.rawValue))
        insert.bind(3, content.octets)
        insert.bind(4, Int(Int64(bitPattern: content.checksum)))
        if let extents = content.extents { insert.bind(5, copied: extents.encoded) } else { insert.bindNull(5) }
        try insert.run()
        change += content.octets
    }

    /// Removes the oldest, up to this entry.
    func remove(through last: Int, limit: Int) throws(SpoolError) -> [KeptContent] {
        deleteOldest.bind(1, last)
        deleteOldest.bind(2, limit)
        return try remove(deleteOldest)
    }

    /// Removes what is kept with these entries.
    func remove(_ numbers: [Int]) throws(SpoolError) -> [KeptContent] {
        var removed: [KeptContent] = []
        for number in numbers {
            deleteOne.bind(1, number)
            removed += try remove(deleteOne)
        }
        return removed
    }

    private func remove(_ statement: SQLiteStatement) throws(SpoolError) -> [KeptContent] {
        var removed: [KeptContent] = []
        while try statement.next() { removed.append(KeptContent(statement)) }
        for content in removed {
            deleteContent.bind(1, Int(content.id.rawValue))
            try deleteContent.run()
            change -= content.octets
        }
        return removed
    }

    /// - Returns: false if it is not there, or somewhere else.
    func relocate(_ relocation: Relocation) throws(SpoolError) -> Bool {
        move.bind(1, Int(relocation.id.rawValue))
        move.bind(2, copied: relocation.old.encoded)
        move.bind(3, copied: relocation.new.encoded)
        try move.run()
        return connection.changes == 1
    }

    /// The transaction is over.
    func ended(isCommitted: Bool) {
        if isCommitted { octets += change }
        change = 0
    }
}

extension KeptContent {
    /// Reads the columns `id`, `octets`, `checksum` and `extents` of a row.
    init(_ row: SQLiteStatement) {
        self.init(
            id: QueueID(rawValue: Int64(row.integer(0))), octets: row.integer(1),
            checksum: UInt64(bitPattern: Int64(row.integer(2))),
            extents: row.isNull(3) ? nil : row.withBytes(3) { [Extent](encoded: $0) ?? [] })
    }
}
