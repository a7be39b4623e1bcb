internal import Mail

/// The table `history`: what is kept about messages that have left, a row for each commit.
final class DepartureTable {
    private let recorder: any DepartureRecorder
    private let connection: SQLiteConnection
    private let insert: SQLiteStatement
    private let delete: SQLiteStatement
    private let rest: SQLiteStatement
    private var next: Int
    /// Number of the last entry.
    var last: Int { next - 1 }
    private var entries: [UInt8] = []
    private var count = 0
    /// Octets of all rows.
    private(set) var octets: Int
    var isRecording: Bool { recorder.isRecording }
    /// Whether the content of messages that leave now stays with their entries.
    var keepsContent: Bool { isRecording && !isSuspended && recorder.keepsContent }
    /// Number of the next entry of this transaction.
    var number: Int { next + count }
    /// Whether nothing is recorded, because outcomes need the room.
    var isSuspended = false
    /// Whether a message has left meanwhile.
    var hasMissed = false

    /// - Parameter last: number of the last entry that has been moved away.
    init(
        _ connection: SQLiteConnection, _ recorder: any DepartureRecorder, after last: Int
    ) throws(SpoolError) {
        self.connection = connection
        self.recorder = recorder
        insert = try connection.prepare("INSERT INTO history (first, last, at, entries) VALUES (?, ?, ?, ?)")
        delete = try connection.prepare(
            """
            DELETE FROM history WHERE first < (SELECT min(first) FROM history) + ?2 AND first <= ?1 AND last <= ?1
            RETURNING length(entries)
            """)
        rest = try connection.prepare("SELECT EXISTS (SELECT 1 FROM history WHERE first <= ?1 AND last <= ?1)")
        next = max(try connection.integer("SELECT max(last) FROM history"), last) + 1
        octets = try connection.integer("SELECT sum(length(entries)) FROM history")
    }

    /// Adds an entry to those of this transaction.
    func add(_ departure: Departure) {
        guard !isSuspended else { return hasMissed = true }
        recorder.encode(departure, into: &entries)
        count += 1
    }

    /// Writes the entries of this transaction.
    func write(at now: Timestamp) throws(SpoolError) {
        guard count > 0 else { return }
        insert.bind(1, next)
        insert.bind(2, next + count - 1)
        insert.bind(3, Int(now.milliseconds))
        let result: Result<Void, SpoolError> = entries.withUnsafeBytes { entries in
            insert.bind(4, borrowed: entries)
            return insert.attempt()
        }
        insert.clear()
        try result.get()
    }

    /// The transaction is over.
    func ended(isCommitted: Bool) {
        if isCommitted {
            next += count
            octets += entries.count
        }
        count = 0
        // One large group must not keep its room for ever.
        entries.removeAll(keepingCapacity: entries.capacity < 1 << 20)
    }

    /// Removes the oldest rows up to this entry, within a transaction.
    ///
    /// - Parameter step: about how many entries at most.
    /// - Returns: whether none is left, and the octets of those removed.
    func remove(through last: Int, step: Int) throws(SpoolError) -> (isDone: Bool, octets: Int) {
        delete.bind(1, last)
        delete.bind(2, step)
        var removed = 0
        while try delete.next() { removed += delete.integer(0) }
        rest.bind(1, last)
        _ = try rest.next()
        defer { rest.reset() }
        return (rest.integer(0) == 0, removed)
    }

    /// Rows with these octets are durably gone.
    func removed(octets: Int) {
        self.octets -= octets
    }
}
