internal import Mail
internal import NIOCore
internal import Synchronization

/// The thread for work that must not delay a reply: most of a checkpoint, new segment files, compaction, free space.
final class SpoolMaintenance: @unchecked Sendable {
    // Safety: after `init` everything is accessed only by the maintenance thread, from `run()`.

    enum Task: Sendable {
        case checkpoint
        case prepareSegment
        /// Look for segments to compact or to remove now. For tests.
        case tidy
        /// The limits are other ones.
        case checkSpace
    }

    private let context: SpoolContext
    private let holder: SQLiteConnection
    private let copier: SQLiteConnection
    private let queries: SpoolQueries
    private let gauge: SpaceGauge
    private var appender: SegmentAppender

    init(_ context: SpoolContext) throws(SpoolError) {
        self.context = context
        let vfs = context.tuning.vfs
        holder = try SQLiteConnection(path: context.databasePath, access: .read, cache: 128, vfs: vfs)
        copier = try SQLiteConnection(path: context.databasePath, access: .read, cache: 128, vfs: vfs)
        queries = try SpoolQueries(holder)
        gauge = try SpaceGauge(context, holder)
        appender = SegmentAppender(store: context.store)
    }

    /// The thread's body.
    func run() {
        let interval = context.tuning.maintenanceInterval.wholeNanoseconds
        var tasks: [Task] = []
        var next = Monotonic.now
        while context.maintenance.take(into: &tasks, until: next) {
            for task in Set(tasks) { perform(task) }
            tasks.removeAll(keepingCapacity: true)
            guard Monotonic.now >= next else { continue }
            checkSpace()
            checkResubmissions()
            tidy()
            next = Monotonic.now + interval
        }
        appender.seal()
    }

    private func perform(_ task: Task) {
        switch task {
        case .checkpoint: checkpoint()
        case .prepareSegment: report { () throws(SpoolError) in try context.store.prepareSpare() }
        case .tidy: tidy()
        case .checkSpace: checkSpace()
        }
    }

    private func report(_ body: () throws(SpoolError) -> Void) {
        do throws(SpoolError) {
            try body()
        } catch {
            context.events(.notice(error.message))
        }
    }

    // MARK: Free space

    /// Sets or clears the refusals for lack of room and for lost files, and tells the writer what is left.
    func checkSpace() {
        context.checkPlace()
        do throws(SpoolError) {
            let look = try filling(try gauge.measure())
            context.judge(look)
            context.surplus.store(context.room.surplus(look), ordering: .relaxed)
        } catch {
            context.health.set(.space, error)
        }
        // While mail is refused, the writer empties the log alone: nobody waits for it.
        if context.health.has(.space) { _ = context.inbox.append(.finishCheckpoint) }
    }

    /// Takes what the reserve lacks, once nobody else needs it.
    private func filling(_ look: SpoolRoom.Measurement) throws(SpoolError) -> SpoolRoom.Measurement {
        guard look.missingReserve > 0, look.free - look.missingReserve >= context.limits.minFreeSpace,
            (try? context.reserve.fill()) != nil
        else { return look }
        return try gauge.measure()
    }

    // MARK: Resubmissions

    /// Checks for expired keys, so that the writer need not.
    private func checkResubmissions() {
        report { () throws(SpoolError) in
            let question = "SELECT EXISTS (SELECT 1 FROM resubmission WHERE expires_at <= "
            guard try holder.integer("\(question)\(context.steady().milliseconds))") == 1 else { return }
            _ = context.inbox.append(.expireResubmissions)
        }
    }

    // MARK: Checkpoint

    /// Copies the log into the database while the writer continues to append to it.
    ///
    /// The read transaction of `holder` keeps the writer from restarting the log at its beginning meanwhile: with
    /// SQLite before 3.51.3 that may race with a checkpoint in another thread. The writer copies the small remainder.
    private func checkpoint() {
        context.checkpointing.withLock { isWanted in
            // With all of the log copied, the read transaction would keep nobody from restarting it.
            guard isWanted else { return }
            isWanted = false
            report { () throws(SpoolError) in
                try holder.reading { () throws(SpoolError) in
                    _ = try holder.integer("SELECT count(*) FROM probe")
                    _ = try copier.checkpoint()
                }
            }
        }
        SpoolStep.reached(.afterCheckpoint)
        _ = context.inbox.append(.finishCheckpoint)
    }

    // MARK: Segments

    private func tidy() {
        context.store.removeDoomed()
        guard let number = context.store.segmentToCompact() else { return }
        context.store.excludeFromCompaction(number)
        do throws(SpoolError) {
            try compact(number)
        } catch {
            appender.abandonSegments()
            context.events(.notice("segment \(number) stays as it is: \(error.message)"))
        }
    }

    /// Copies live content of a segment to another one, and has the writer update the rows.
    private func compact(_ number: Int) throws(SpoolError) {
        let (rows, pin) = try rows(in: number)
        guard !rows.isEmpty else { return }
        var relocations: [Relocation] = []
        do throws(SpoolError) {
            for (id, extents) in rows { relocations.append(try copy(id, extents, number, pin)) }
            try appender.sync()
        } catch {
            for relocation in relocations { context.store.dropped(relocation.copied) }
            throw error
        }
        SpoolStep.reached(.afterCompactionCopy)
        if !context.inbox.append(.relocate(relocations, from: number)) {
            for relocation in relocations { context.store.dropped(relocation.copied) }
        }
    }

    private func rows(in number: Int) throws(SpoolError) -> ([(QueueID, [Extent])], SegmentPin) {
        context.store.beginReading()
        defer { context.store.endReading() }
        var rows: [(QueueID, [Extent])] = []
        try queries.forEachInSegments { id, extents in
            guard extents.contains(where: { $0.segment == number }) else { return }
            rows.append((QueueID(rawValue: Int64(id)), extents))
        }
        return (rows, context.store.pin(rows.flatMap(\.1)))
    }

    private func copy(
        _ id: QueueID, _ extents: [Extent], _ number: Int, _ pin: SegmentPin
    ) throws(SpoolError) -> Relocation {
        var new: [Extent] = []
        var copied: [Extent] = []
        do throws(SpoolError) {
            for extent in extents {
                if extent.segment == number {
                    try copy(extent, pin) { piece in
                        new.append(merging: piece)
                        copied.append(merging: piece)
                    }
                } else {
                    new.append(merging: extent)
                }
            }
        } catch {
            context.store.dropped(copied)
            throw error
        }
        let replaced = extents.filter { $0.segment == number }
        return Relocation(id: id, old: extents, new: new, copied: copied, replaced: replaced)
    }

    private func copy(
        _ extent: Extent, _ pin: SegmentPin, _ written: (Extent) -> Void
    ) throws(SpoolError) {
        guard let file = pin.files[extent.segment] else {
            throw SpoolError(.inputOutput, "segment \(extent.segment) cannot be read")
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: min(extent.length, 1 << 20), alignment: 16)
        defer { room.deallocate() }
        var offset = 0
        while offset < extent.length {
            let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, extent.length - offset)])
            try file.read(piece, at: extent.offset + offset)
            written(try appender.append(UnsafeRawBufferPointer(piece)))
            offset += piece.count
        }
    }
}
