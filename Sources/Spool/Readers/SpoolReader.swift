internal import Mail
internal import NIOCore

/// A reader thread with a connection of its own.
final class SpoolReader: @unchecked Sendable {
    // Safety: after `init` everything is accessed only by the reader's thread, from `run(_:)`.

    typealias Job = @Sendable (SpoolReader) -> Void

    let queries: SpoolQueries
    let outbox: OutboxQueries
    private let connection: SQLiteConnection
    private let content: ContentSource
    private let context: SpoolContext

    init(_ context: SpoolContext) throws(SpoolError) {
        self.context = context
        connection = try SQLiteConnection(path: context.databasePath, access: .read, vfs: context.tuning.vfs)
        queries = try SpoolQueries(connection)
        outbox = try OutboxQueries(connection)
        content = try ContentSource(connection, partSize: context.tuning.partSize)
    }

    /// The thread's body.
    func run(_ inbox: Inbox<Job>) {
        var jobs: [Job] = []
        while inbox.take(into: &jobs) {
            for job in jobs { job(self) }
            jobs.removeAll(keepingCapacity: true)
        }
    }

    /// Reads one message back for delivery.
    func load(_ id: QueueID, _ unsettled: Set<QueueID>) -> LoadResult {
        if unsettled.contains(id) {
            return .failed(id, SpoolError(.inputOutput, "the last outcome of message \(id) is not recorded yet"))
        }
        do throws(SpoolError) {
            return try connection.reading { () throws(SpoolError) in try load(id) }
        } catch {
            guard error.code == .corrupt else { return .failed(id, error) }
            context.quarantine(id, error)
            return .quarantined(id)
        }
    }

    private func load(_ id: QueueID) throws(SpoolError) -> LoadResult {
        guard let (row, reader) = try pinnedRow(id, isForOperators: false), row.isDue else { return .missing(id) }
        guard !row.message.recipients.isEmpty else {
            return .failed(id, SpoolError(.corrupt, "the recipients of message \(id) cannot be read"))
        }
        guard row.extents == nil, context.budget.allows(row.octets) else {
            return .message(QueuedMessage(message: row.message, content: .stored(reader)))
        }
        let bytes = try content.whole(id, octets: row.octets, checksum: row.checksum)
        let resident = ResidentContent(parts: [bytes], budget: context.budget)
        return .message(QueuedMessage(message: row.message, content: .resident(resident)))
    }

    /// A message and a reader for its content, whose segments are pinned since before the row was read.
    func pinnedRow(
        _ id: QueueID, isForOperators: Bool
    ) throws(SpoolError) -> (StoredRow, StoredContentReader)? {
        context.store.beginReading()
        defer { context.store.endReading() }
        guard let row = try queries.row(id) else { return nil }
        return (row, StoredContentReader(row, store: context.store, isForOperators: isForOperators))
    }

    /// A reader for the content kept with an entry of the history; nil if there is none.
    func keptContent(_ number: Int) throws(SpoolError) -> StoredContentReader? {
        context.store.beginReading()
        defer { context.store.endReading() }
        return try queries.keptContent(number).map { StoredContentReader($0, store: context.store) }
    }

    /// The next part of content; a queued message whose content is damaged is put on hold.
    func next(_ reader: StoredContentReader) -> Result<ContentPart, SpoolError> {
        do throws(SpoolError) {
            return .success(try content.next(reader))
        } catch {
            if error.code == .corrupt, !reader.isKept { context.quarantine(reader.id, error) }
            return .failure(error)
        }
    }
}
