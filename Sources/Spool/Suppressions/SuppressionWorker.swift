internal import Mail
internal import Suppression

/// Does the work of a ``SuppressionStore``: changes the database, then the index.
///
/// Confined to its thread.
final class SuppressionWorker {
    private static let pruneInterval = Duration.seconds(600)
    /// Time until what could not be read is read again.
    private static let settleInterval = Duration.seconds(10)
    /// Rows changed in one transaction where a wait would be too long.
    private static let batch = 1000
    /// Lines of an import that are written together.
    private static let importBatch = 5000
    /// Bounces counted in one transaction: those who are told of the suppressions get them in small portions.
    private static let mostBounces = 100
    /// Time after which bounces of an address without suppression are forgotten, if `window` is not longer.
    private static let memory = Duration.seconds(365 * 86400)

    private let database: any SuppressionRows
    private let index: SuppressionIndex
    private let waiting: WaitingBounces
    private var settings: SuppressionSettings
    /// Whether the index may differ from what is stored.
    private var isUnsettled = false
    private let clock: @Sendable () -> Timestamp
    private let events: @Sendable (SuppressionEvent) -> Void

    init(
        _ database: any SuppressionRows, _ index: SuppressionIndex, _ waiting: WaitingBounces,
        _ settings: SuppressionSettings, clock: @escaping @Sendable () -> Timestamp,
        events: @escaping @Sendable (SuppressionEvent) -> Void
    ) {
        self.database = database
        self.index = index
        self.waiting = waiting
        self.settings = settings
        self.clock = clock
        self.events = events
    }

    func replace(with settings: SuppressionSettings) {
        self.settings = settings
    }

    /// Reads all suppressions into the index.
    func load() throws(SpoolError) {
        try prune()
        try read(into: index)
    }

    private func read(into index: SuppressionIndex) throws(SpoolError) {
        var last: SuppressionKey?
        while true {
            let entries = try database.entries(after: last, limit: 10_000)
            for entry in entries { index.set(entry) }
            guard let end = entries.last else { return }
            last = end.key
        }
    }

    func run(_ inbox: Inbox<SuppressionJob>) {
        var jobs: [SuppressionJob] = []
        var due = Monotonic.now + Self.pruneInterval.wholeNanoseconds
        while inbox.take(into: &jobs, until: due) {
            settle()
            perform(jobs)
            if Monotonic.now >= due {
                // What cannot be removed now is not valid any more: it only takes room.
                try? prune()
                due = Monotonic.now + Self.pruneInterval.wholeNanoseconds
            }
            if isUnsettled { due = min(due, Monotonic.now + Self.settleInterval.wholeNanoseconds) }
        }
    }

    /// Runs a transaction, and notes when nobody can say what has come of it.
    private func transaction<Result>(
        isRehearsal: Bool = false, _ body: () throws(SpoolError) -> Result
    ) throws(SpoolError) -> Result {
        do throws(SpoolError) {
            return try database.transaction(isRehearsal: isRehearsal, body)
        } catch {
            if error.code == .unsettled { isUnsettled = true }
            throw error
        }
    }

    /// Reads everything anew if the index may differ from it.
    private func settle() {
        guard isUnsettled else { return }
        do throws(SpoolError) {
            try index.replaceAll { index throws(SpoolError) in try read(into: index) }
            isUnsettled = false
        } catch {
            // Tried again soon.
        }
    }

    private func perform(_ jobs: [SuppressionJob]) {
        var bounces: [Bounce] = []
        for job in jobs {
            switch job {
            case .bounce(let bounce):
                bounces.append(bounce)
                if bounces.count == Self.mostBounces { count(&bounces) }
            case .work(let work):
                count(&bounces)
                work(self)
            }
        }
        count(&bounces)
    }

    // MARK: Bounces

    private func count(_ bounces: inout [Bounce]) {
        guard !bounces.isEmpty else { return }
        defer {
            waiting.leave(bounces.count)
            bounces = []
        }
        do throws(SpoolError) {
            let made = try transaction { () throws(SpoolError) in try counted(bounces) }
            for (entry, bounce) in made {
                index.set(entry)
                events(.added(entry, bounce))
            }
        } catch {
            events(.uncounted(bounces.count, error))
        }
    }

    /// - Returns: the suppressions that they make.
    private func counted(
        _ bounces: [Bounce]
    ) throws(SpoolError) -> [(entry: SuppressionEntry, bounce: Bounce)] {
        let keys = Array(Set(bounces.map(BounceCount.key)))
        var count = BounceCount(
            settings, entries: try database.entries(of: keys),
            tallies: try database.tallies(of: keys.map(\.pattern.text)))
        for bounce in bounces { count.add(bounce) }
        try database.set(count.counted)
        try database.removeTallies(of: count.done)
        _ = try database.set(count.made.map(\.entry))
        return count.made
    }

    // MARK: Changes

    /// - Returns: for each, whether it is new.
    func add(_ entries: [SuppressionEntry], isRehearsal: Bool) throws(SpoolError) -> [Bool] {
        let results = try transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            try database.set(entries)
        }
        if !isRehearsal {
            for entry in entries { index.set(entry) }
        }
        return results
    }

    /// - Returns: for each pattern, which suppressions there were.
    func remove(
        _ patterns: [SuppressionPattern], route: String?, isRehearsal: Bool
    ) throws(SpoolError) -> [[SuppressionKey]] {
        let removed = try transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            let removed = try database.remove(patterns, route: route)
            try database.removeTallies(of: patterns.map(\.text))
            return removed
        }
        if !isRehearsal {
            for key in removed.joined() { index.remove(key) }
        }
        return removed
    }

    /// - Returns: how many there were.
    func removeAll(_ filter: SuppressionFilter, isRehearsal: Bool) throws(SpoolError) -> Int {
        let now = clock()
        let keys = try transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            var (keys, last) = ([SuppressionKey](), SuppressionKey?.none)
            while true {
                let entries = try database.entries(after: last, limit: Self.batch)
                guard let end = entries.last else { break }
                last = end.key
                keys += entries.filter { filter.fits($0) && !$0.isOver(at: now) }.map(\.key)
            }
            try database.remove(keys)
            return keys
        }
        if !isRehearsal {
            for key in keys { index.remove(key) }
        }
        return keys.count
    }

    /// All of a file, or nothing.
    func take(
        _ file: [UInt8], _ defaults: SuppressionImport.Defaults, isRehearsal: Bool
    ) throws(SpoolError) -> SuppressionImportResult {
        let outcome = file.withUnsafeBytes { bytes in
            Result { () throws(SpoolError) in try take(bytes, defaults, isRehearsal: isRehearsal) }
        }
        return try outcome.get()
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer, _ defaults: SuppressionImport.Defaults, isRehearsal: Bool
    ) throws(SpoolError) -> SuppressionImportResult {
        var result = SuppressionImportResult()
        result.problems = SuppressionImport.read(bytes, defaults) {
            if $0.key.pattern.kind != .address { result.wide += 1 }
        }
        guard result.problems.isEmpty else { return result }
        try transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            try write(bytes, defaults, into: &result)
        }
        guard !isRehearsal else { return result }
        _ = SuppressionImport.read(bytes, defaults) { entry in
            if !entry.isOver(at: defaults.now) { index.set(entry) }
        }
        return result
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, _ defaults: SuppressionImport.Defaults,
        into result: inout SuppressionImportResult
    ) throws(SpoolError) {
        var failure: SpoolError?
        var (added, replaced, expired) = (0, 0, 0)
        var batch: [SuppressionEntry] = []
        func writeBatch() {
            defer { batch.removeAll(keepingCapacity: true) }
            guard failure == nil, !batch.isEmpty else { return }
            do throws(SpoolError) {
                for isNew in try database.set(batch) { if isNew { added += 1 } else { replaced += 1 } }
            } catch {
                failure = error
            }
        }
        _ = SuppressionImport.read(bytes, defaults) { entry in
            guard failure == nil else { return }
            guard !entry.isOver(at: defaults.now) else {
                expired += 1
                return
            }
            batch.append(entry)
            if batch.count == Self.importBatch { writeBatch() }
        }
        writeBatch()
        if let failure { throw failure }
        (result.added, result.replaced, result.expired) = (added, replaced, expired)
    }

    // MARK: Questions

    func page(
        after last: SuppressionKey?, limit: Int, _ filter: SuppressionFilter
    ) throws(SpoolError) -> SuppressionPage {
        let now = clock()
        let entries = try database.entries(after: last, limit: limit)
        return SuppressionPage(
            entries: entries.filter { filter.fits($0) && !$0.isOver(at: now) }, last: entries.last?.key)
    }

    func entry(_ key: SuppressionKey) throws(SpoolError) -> SuppressionEntry? {
        try database.entries(of: [key])[key]
    }

    func entries(
        of patterns: [SuppressionPattern], route: String?
    ) throws(SpoolError) -> [SuppressionPattern: [SuppressionEntry]] {
        let entries = try database.entries(of: patterns, route: route)
        return Dictionary(zip(patterns, entries)) { $1 }
    }

    func tally(of address: String) throws(SpoolError) -> BounceTally {
        try database.tallies(of: [address])[address] ?? BounceTally()
    }

    // MARK: Expiry

    private func prune() throws(SpoolError) {
        let now = clock()
        var gone = 0
        while true {
            let keys = try transaction { () throws(SpoolError) in
                try database.removeExpired(at: now, limit: Self.batch)
            }
            for key in keys { index.remove(key) }
            gone += keys.count
            if keys.count < Self.batch { break }
        }
        if gone > 0 { events(.expired(gone)) }
        let horizon = now - max(Self.memory, settings.window)
        while try database.removeTallies(before: horizon, limit: Self.batch) == Self.batch {}
    }
}
