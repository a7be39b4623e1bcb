internal import Glibc
package import Mail

/// Reads the spool of a stopped relay: takes no lock and changes nothing.
///
/// The state after a crash is shown as the next start will find it: recipients of an open attempt are in doubt. Calls
/// block; content is in wire form, so undoing the dot stuffing is up to the caller. Used by one thread.
package final class SpoolInspector {
    private let connection: SQLiteConnection
    private let queries: SpoolQueries
    private let source: ContentSource
    private let store: SegmentStore
    private let evidence: DotJournal.Evidence

    /// - Parameter path: the data directory.
    /// - Throws: ``SpoolError`` `missing` if there is no spool, `schema` if it was written by a newer release,
    ///   `inputOutput` or `corrupt` if it cannot be read.
    package init(path: String) throws(SpoolError) {
        let database = path + "/spool.sqlite3"
        guard access(database, F_OK) == 0 else { throw SpoolError(.missing, "there is no spool in \(path)") }
        let tuning = SpoolTuning()
        connection = try SQLiteConnection(path: database, access: .inspect)
        let version = try SpoolSchema.check(connection)
        guard version == SpoolSchema.migrations.count else {
            throw SpoolError(.schema, "the spool in \(path) was written by an older release: start the relay once")
        }
        evidence = DotJournal.evidence(path: path + "/dots")
        queries = try SpoolQueries(connection)
        source = try ContentSource(connection, partSize: tuning.partSize)
        store = SegmentStore(directory: path + "/segments", files: SystemFileLayer(), tuning: tuning)
    }

    /// One page of messages by queue ID, starting after `last`.
    package func list(after last: QueueID?, limit: Int) throws(SpoolError) -> [SpooledMessage] {
        try queries.rows(after: last, limit: limit).map { $0.message.interrupted(evidence) }
    }

    /// Shows up to `limit` messages to `look`, as ``MessageSpool/scan(after:limit:into:_:)`` does.
    ///
    /// - Returns: the last message looked at; nil at the end.
    package func scan(
        after last: QueueID?, limit: Int, _ look: (MessageGlance) -> Void
    ) throws(SpoolError) -> QueueID? {
        try queries.scan(after: last, limit: limit, adjust: { [evidence] in $0.interrupted(evidence) }, look)
    }

    /// Shows those of these messages that are in the spool to `look`, in the order of `ids`.
    package func scan(_ ids: [QueueID], _ look: (MessageGlance) -> Void) throws(SpoolError) {
        try queries.scan(ids, adjust: { [evidence] in $0.interrupted(evidence) }, look)
    }

    /// One message; nil if it is not in the spool.
    package func message(_ id: QueueID) throws(SpoolError) -> SpooledMessage? {
        try queries.row(id)?.message.interrupted(evidence)
    }

    /// A message's attempts so far, oldest first.
    package func attempts(of id: QueueID) throws(SpoolError) -> [AttemptRecord] {
        try queries.attempts(of: id)
    }

    /// The content of a message in wire form, for reading part by part.
    package func openContent(of id: QueueID) throws(SpoolError) -> ContentReader? {
        guard let row = try queries.row(id) else { return nil }
        try store.add(row.extents)
        return StoredContentReader(row, store: store)
    }

    /// The same for the content kept with an entry of the history; nil if there is none.
    package func openKeptContent(_ number: Int) throws(SpoolError) -> ContentReader? {
        guard let content = try queries.keptContent(number) else { return nil }
        try store.add(content.extents)
        return StoredContentReader(content, store: store)
    }

    /// The next part of content; the last one only after the whole has been verified.
    package func read(_ reader: ContentReader) throws(SpoolError) -> ContentPart {
        guard let reader = reader as? StoredContentReader else {
            preconditionFailure("content is read by the inspector that opened it")
        }
        return try source.next(reader)
    }

    /// Totals over the whole spool.
    package func statistics() throws(SpoolError) -> SpoolStatistics {
        try queries.statistics { [evidence] in $0.interrupted(evidence) }
    }
}

extension SegmentStore {
    /// Opens the files of these extents for reading.
    fileprivate func add(_ extents: [Extent]?) throws(SpoolError) {
        for number in Set((extents ?? []).map(\.segment)) { try add(number) }
    }

    private func add(_ number: Int) throws(SpoolError) {
        guard withState({ $0.segments[number] == nil }) else { return }
        let file = try SegmentFile(existing: number, directory: directory, files: files, writable: false)
        withState { $0.segments[number] = Segment(file: file, isOpen: false, used: file.size) }
    }
}
