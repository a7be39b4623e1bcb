internal import Mail
internal import Synchronization

/// Measures what is left of the file system, through one thread's connection.
final class SpaceGauge {
    private let context: SpoolContext
    private let pages: SQLiteStatement
    private let freePages: SQLiteStatement
    private let pageSize: Int

    init(_ context: SpoolContext, _ connection: SQLiteConnection) throws(SpoolError) {
        self.context = context
        pageSize = try connection.integer("PRAGMA page_size")
        pages = try connection.prepare("PRAGMA page_count")
        freePages = try connection.prepare("PRAGMA freelist_count")
    }

    /// - Throws: ``SpoolError`` if the file system or the database does not tell.
    func measure() throws(SpoolError) -> SpoolRoom.Measurement {
        let free = context.files.freeSpace(context.path)
        guard free >= 0 else { throw .system(Int32(-free), "ask for free space at \(context.path)") }
        let size = try number(pages) * pageSize
        let file = context.files.entry(context.databasePath)?.size ?? 0
        let look = SpoolRoom.Measurement(
            free: free, freePages: try number(freePages) * pageSize, spares: context.store.spareOctets,
            growth: max(0, size - file), log: context.logSize,
            missingReserve: context.reserve.missing, messages: context.messageCount.load(ordering: .relaxed))
        context.store.keptFree.store(context.room.owed(look) + context.limits.minFreeSpace, ordering: .relaxed)
        return look
    }

    private func number(_ statement: SQLiteStatement) throws(SpoolError) -> Int {
        guard try statement.next() else { return 0 }
        defer { statement.reset() }
        return statement.integer(0)
    }
}

extension SpoolContext {
    /// Sets or clears the refusal for lack of room, as a look has found it.
    func judge(_ look: SpoolRoom.Measurement) {
        let isRefusing = health.has(.space)
        guard room.isFull(look, isRefusing: isRefusing) else { return health.clear(.space) }
        let again = look.freePages + look.spares
        let text =
            "\(path) has \(look.free) octets left and \(again) to use again, of which accepted mail needs "
            + "\(room.owed(look)); min_free_space is \(limits.minFreeSpace)"
        health.set(.space, SpoolError(.full, text))
    }
}
