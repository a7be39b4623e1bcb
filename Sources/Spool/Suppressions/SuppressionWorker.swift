internal import Mail
internal import Suppression

/// Does the work of a ``SuppressionStore``: changes the database, then the index.
///
/// Confined to its thread.
final class SuppressionWorker {
    private static let pruneInterval = Duration.seconds(600)
    /// Rows changed in one transaction where a wait would be too long.
    private static let batch = 1000
    /// Bounces counted in one transaction: those who are told of the suppressions get them in small portions.
    private static let mostBounces = 100
    /// Time after which bounces of an address without suppression are forgotten, if `window` is not longer.
    private static let memory = Duration.seconds(365 * 86400)

    private let database: SuppressionDatabase
    private let index: SuppressionIndex
    private let waiting: WaitingBounces
    private var settings: SuppressionSettings
    private let clock: @Sendable () -> Timestamp
    private let events: @Sendable (SuppressionEvent) -> Void

    init(
        _ database: SuppressionDatabase, _ index: SuppressionIndex, _ waiting: WaitingBounces,
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
            perform(jobs)
            guard Monotonic.now >= due else { continue }
            // What cannot be removed now is not valid any more: it only takes room.
            try? prune()
            due = Monotonic.now + Self.pruneInterval.wholeNanoseconds
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
            let made = try database.transaction { () throws(SpoolError) in
                var made: [(entry: SuppressionEntry, bounce: Bounce)] = []
                for bounce in bounces {
                    if let entry = try count(bounce) { made.append((entry, bounce)) }
                }
                return made
            }
            for (entry, bounce) in made {
                index.set(entry)
                events(.added(entry, bounce))
            }
        } catch {
            events(.uncounted(bounces.count, error))
        }
    }

    /// - Returns: the suppression that it makes; nil for none.
    private func count(_ bounce: Bounce) throws(SpoolError) -> SuppressionEntry? {
        let pattern = SuppressionPattern(address: bounce.address.text)
        let key = SuppressionKey(pattern)
        // Somebody's word is not replaced.
        if let entry = try database.entry(key), !entry.isOver(at: bounce.at) { return nil }
        var tally = try database.tally(of: pattern.text)
        guard let source = tally.add(bounce, settings) else {
            try database.set(tally, of: pattern.text, at: bounce.at)
            return nil
        }
        let entry = SuppressionEntry(
            key, reason: bounce.reply, source: source, addedAt: bounce.at,
            expiresAt: settings.expire > .zero ? bounce.at + settings.expire : nil)
        try database.removeTally(of: pattern.text)
        _ = try database.set(entry)
        return entry
    }

    // MARK: Changes

    /// - Returns: for each, whether it is new.
    func add(_ entries: [SuppressionEntry], isRehearsal: Bool) throws(SpoolError) -> [Bool] {
        let results = try database.transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            var results: [Bool] = []
            for entry in entries { results.append(try database.set(entry)) }
            return results
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
        let removed = try database.transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            var removed: [[SuppressionKey]] = []
            for pattern in patterns {
                removed.append(try database.remove(pattern, route: route))
                try database.removeTally(of: pattern.text)
            }
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
        let keys = try database.transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
            var (keys, last) = ([SuppressionKey](), SuppressionKey?.none)
            while true {
                let entries = try database.entries(after: last, limit: Self.batch)
                guard let end = entries.last else { break }
                last = end.key
                keys += entries.filter { filter.fits($0) && !$0.isOver(at: now) }.map(\.key)
            }
            for key in keys { _ = try database.remove(key) }
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
        try database.transaction(isRehearsal: isRehearsal) { () throws(SpoolError) in
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
        _ = SuppressionImport.read(bytes, defaults) { entry in
            guard failure == nil else { return }
            guard !entry.isOver(at: defaults.now) else {
                expired += 1
                return
            }
            do throws(SpoolError) {
                if try database.set(entry) { added += 1 } else { replaced += 1 }
            } catch {
                failure = error
            }
        }
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

    func entry(_ key: SuppressionKey) throws(SpoolError) -> SuppressionEntry? { try database.entry(key) }

    func entries(
        of patterns: [SuppressionPattern], route: String?
    ) throws(SpoolError) -> [SuppressionPattern: [SuppressionEntry]] {
        var entries: [SuppressionPattern: [SuppressionEntry]] = [:]
        for pattern in patterns { entries[pattern] = try database.entries(of: pattern, route: route) }
        return entries
    }

    func tally(of address: String) throws(SpoolError) -> BounceTally { try database.tally(of: address) }

    // MARK: Expiry

    private func prune() throws(SpoolError) {
        let now = clock()
        var gone = 0
        while true {
            let keys = try database.transaction { () throws(SpoolError) in
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
