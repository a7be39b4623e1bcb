package import Mail
package import Suppression
internal import Synchronization

enum SuppressionJob: Sendable {
    case bounce(Bounce)
    case work(@Sendable (SuppressionWorker) -> Void)
}

/// The suppressions of one relay, stored and in memory: in a database that one thread of its own changes, so that neither an
/// import nor a burst of bounces holds up mail.
///
/// An answer comes when the change is durable.
package final class SuppressionStore: Sendable {
    /// Bounces that wait to be counted; more are not counted.
    private static let mostWaiting = 100_000

    package let index: SuppressionIndex
    private let settings: Mutex<SuppressionSettings>
    private let inbox: Inbox<SuppressionJob>
    private let thread: SpoolThread
    private let waiting: WaitingBounces

    /// Opens the database in the data directory, and reads it. Call it while the spool is open: its lock counts here too.
    ///
    /// - Parameter events: called on a thread of the store; must not block.
    /// - Throws: ``SpoolError``.
    package static func open(
        directory: String, settings: SuppressionSettings, vfs: String? = nil,
        clock: @escaping @Sendable () -> Timestamp, events: @escaping @Sendable (SuppressionEvent) -> Void
    ) throws(SpoolError) -> SuppressionStore {
        do throws(SpoolError) {
            return try open(
                SuppressionDatabase(directory: directory, vfs: vfs), settings: settings, clock: clock, events: events)
        } catch {
            throw error.code == .corrupt ? unreadable(error, in: directory) : error
        }
    }

    /// Reads what is stored.
    ///
    /// - Parameters:
    ///   - rows: used by a thread of the store from now on.
    ///   - events: called on a thread of the store; must not block.
    /// - Throws: ``SpoolError``.
    package static func open(
        _ rows: sending any SuppressionRows, settings: SuppressionSettings,
        clock: @escaping @Sendable () -> Timestamp, events: @escaping @Sendable (SuppressionEvent) -> Void
    ) throws(SpoolError) -> SuppressionStore {
        let started = Monotonic.now
        let (index, waiting) = (SuppressionIndex(), WaitingBounces())
        let worker = SuppressionWorker(rows, index, waiting, settings, clock: clock, events: events)
        try worker.load()
        events(.opened(entries: index.count, took: .nanoseconds(Monotonic.now - started)))
        return SuppressionStore(worker, index, waiting, settings)
    }

    private static func unreadable(_ error: SpoolError, in directory: String) -> SpoolError {
        let path = SuppressionDatabase.path(in: directory)
        return SpoolError(
            .corrupt,
            "the suppressions cannot be read: \(error.message); move \(path), and those with -wal and -shm behind the name, "
                + "away to start with an empty list, and import the last export")
    }

    private init(
        _ worker: sending SuppressionWorker, _ index: SuppressionIndex, _ waiting: WaitingBounces,
        _ settings: SuppressionSettings
    ) {
        let inbox = Inbox<SuppressionJob>()
        let held = HeldWorker(worker)
        self.index = index
        self.settings = Mutex(settings)
        self.inbox = inbox
        self.waiting = waiting
        thread = SpoolThread("suppression") { held.take()?.run(inbox) }
    }

    /// Commits what was given, and closes the database.
    package func close() async {
        inbox.close()
        await thread.join()
    }

    /// Later bounces count by these settings; suppressions that there are stay.
    package func replace(with settings: SuppressionSettings) {
        self.settings.withLock { $0 = settings }
        _ = inbox.append(.work { $0.replace(with: settings) })
    }

    /// Counts a bounce, soon. Never blocks.
    package func bounced(_ bounce: Bounce) {
        guard settings.withLock({ $0.isAutomatic }), waiting.enter(Self.mostWaiting) else { return }
        if !inbox.append(.bounce(bounce)) { waiting.leave(1) }
    }

    // MARK: Changes

    /// Adds or replaces suppressions, all or none.
    ///
    /// - Parameter isRehearsal: whether to change nothing.
    /// - Returns: for each, whether it is new.
    package func add(_ entries: [SuppressionEntry], isRehearsal: Bool) async throws -> [Bool] {
        try await perform { worker throws(SpoolError) in try worker.add(entries, isRehearsal: isRehearsal) }
    }

    /// Removes the suppressions of patterns, for one route or for all, and forgets the bounces of these addresses.
    ///
    /// - Returns: for each pattern, which there were.
    package func remove(
        _ patterns: [SuppressionPattern], route: String?, isRehearsal: Bool
    ) async throws -> [[SuppressionKey]] {
        try await perform { worker throws(SpoolError) in
            try worker.remove(patterns, route: route, isRehearsal: isRehearsal)
        }
    }

    /// Removes the suppressions that a filter selects; returns how many.
    package func removeAll(_ filter: SuppressionFilter, isRehearsal: Bool) async throws -> Int {
        try await perform { worker throws(SpoolError) in try worker.removeAll(filter, isRehearsal: isRehearsal) }
    }

    /// Takes all of a file, or nothing.
    package func take(
        _ file: [UInt8], _ defaults: SuppressionImport.Defaults, isRehearsal: Bool
    ) async throws -> SuppressionImportResult {
        try await perform { worker throws(SpoolError) in
            try worker.take(file, defaults, isRehearsal: isRehearsal)
        }
    }

    // MARK: Questions

    /// One page, in the order of patterns, after `last`.
    package func page(
        after last: SuppressionKey?, limit: Int, _ filter: SuppressionFilter
    ) async throws -> SuppressionPage {
        try await perform { worker throws(SpoolError) in try worker.page(after: last, limit: limit, filter) }
    }

    package func entry(_ key: SuppressionKey) async throws -> SuppressionEntry? {
        try await perform { worker throws(SpoolError) in try worker.entry(key) }
    }

    /// The suppressions of patterns, for one route or for all.
    package func entries(
        of patterns: [SuppressionPattern], route: String?
    ) async throws -> [SuppressionPattern: [SuppressionEntry]] {
        try await perform { worker throws(SpoolError) in try worker.entries(of: patterns, route: route) }
    }

    /// The bounces of an address so far.
    package func tally(of address: Address) async throws -> BounceTally {
        let text = NormalAddress.text(address.text)
        return try await perform { worker throws(SpoolError) in try worker.tally(of: text) }
    }

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable (SuppressionWorker) throws(SpoolError) -> Result
    ) async throws -> Result {
        let result: Swift.Result<Result, SpoolError> = await withCheckedContinuation { continuation in
            let isTaken = inbox.append(
                .work { worker in
                    do throws(SpoolError) {
                        continuation.resume(returning: .success(try work(worker)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                })
            if !isTaken { continuation.resume(returning: .failure(SpoolError(.closed, "the relay is stopping"))) }
        }
        return try result.get()
    }
}

/// Number of bounces that wait to be counted.
final class WaitingBounces: Sendable {
    private let count = Atomic<Int>(0)

    func enter(_ limit: Int) -> Bool {
        guard count.load(ordering: .relaxed) < limit else { return false }
        count.wrappingAdd(1, ordering: .relaxed)
        return true
    }

    func leave(_ number: Int) { count.wrappingSubtract(number, ordering: .relaxed) }
}

/// Hands the worker to its thread, which releases it at its end.
private final class HeldWorker: @unchecked Sendable {
    // Safety: written once before the thread starts, and taken once by the thread.
    private var worker: SuppressionWorker?

    init(_ worker: SuppressionWorker) {
        self.worker = worker
    }

    func take() -> SuppressionWorker? {
        defer { worker = nil }
        return worker
    }
}
