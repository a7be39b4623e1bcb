internal import Dispatch
internal import Glibc
package import Mail
internal import Synchronization

/// The clocks of the relay. The steady one counts the time that has passed, asleep or awake, and nobody can set it; the
/// other follows the system's clock, and is set with it as soon as that is noticed, for all parts of the relay at once.
///
/// The steady clock goes on when the relay is restarted: due times on disk count by it. The document `clock.json`
/// says how, beside the spool or in its database.
package final class RelayClock: Sendable {
    private static let fileName = "clock.json"
    private static let sizeLimit = 1 << 20

    private let documents: any DocumentStore
    private let boot: String
    /// Milliseconds from the time since the machine's start to the steady clock.
    private let base: Int64
    private let watch: Mutex<StepWatch>
    /// The lead in milliseconds.
    private let ahead: Atomic<Int64>
    private let queue = DispatchQueue(label: "clock")
    /// Ages of messages, from earlier by the same steady clock; nil if there was none.
    package let ages: MessageAges?

    /// - Parameter directory: of the spool; may not exist yet.
    package convenience init(directory: String) {
        let documents = DirectoryDocuments(directory)
        self.init(documents, (try? documents.read(Self.fileName, limit: Self.sizeLimit)) ?? nil)
    }

    /// - Throws: ``SystemFileError`` if nobody can say whether there is a record: due times would count from another start.
    package convenience init(_ documents: any DocumentStore) throws(SystemFileError) {
        self.init(documents, try documents.read(Self.fileName, limit: Self.sizeLimit))
    }

    private init(_ documents: any DocumentStore, _ octets: [UInt8]?) {
        self.documents = documents
        boot = Self.bootID
        let (wall, sinceBoot) = Self.readBoth()
        let record = octets.flatMap(ClockRecord.init)
        let resumed = ClockRecord.resumed(record, boot: boot, sinceBoot: sinceBoot, wall: wall)
        (base, ages) = (resumed.base, resumed.ages)
        let steady = sinceBoot + .milliseconds(base)
        watch = Mutex(ClockRecord.watch(record, boot: boot, wall: wall, steady: steady))
        ahead = Atomic(watch.withLock { $0.lead.wholeMilliseconds })
    }

    package var steady: Timestamp { Self.read(CLOCK_BOOTTIME).advanced(byMilliseconds: base) }

    /// How far the system's clock is ahead of the steady one, as last seen; negative if behind.
    package var lead: Duration { .milliseconds(ahead.load(ordering: .relaxed)) }

    /// The system's clock, as last seen and with the time since.
    package var wall: Timestamp { steady.advanced(byMilliseconds: ahead.load(ordering: .relaxed)) }

    /// Compares the two clocks.
    ///
    /// - Returns: by how much the system's clock has been set; nil if nobody has.
    package func look() -> Duration? {
        let (wall, sinceBoot) = Self.readBoth()
        return watch.withLock { watch in
            let step = watch.look(wall: wall, steady: sinceBoot + .milliseconds(base))
            ahead.store(watch.lead.wholeMilliseconds, ordering: .relaxed)
            return step
        }
    }

    // MARK: - On disk

    /// Writes the clocks' record soon, for the next start.
    ///
    /// - Parameter failed: gets the path and the reason, on another thread.
    package func save(_ ages: MessageAges, failed: @escaping @Sendable (String, String) -> Void) {
        let record = ClockRecord(boot: boot, base: base, lead: lead.wholeMilliseconds, ages: ages)
        queue.async { [documents] in
            do {
                try documents.replace(Self.fileName, with: record.octets())
            } catch let error as SystemFileError {
                failed(documents.describe(Self.fileName), AdminOverrideError(error).description)
            } catch {
                failed(documents.describe(Self.fileName), "\(error)")
            }
        }
    }

    /// Returns once everything saved is on disk, or has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    // MARK: - The system

    /// Empty if the system does not name its start.
    private static var bootID: String {
        let octets = (try? SystemFile.read("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
        return String(decoding: octets.prefix { $0 > 0x20 }, as: UTF8.self)
    }

    /// Both clocks in the same millisecond, if the machine lets us have it: a thread may lose its turn between two readings.
    private static func readBoth() -> (wall: Timestamp, sinceBoot: Timestamp) {
        for _ in 0..<10 {
            let (before, wall) = (read(CLOCK_BOOTTIME), read(CLOCK_REALTIME))
            if read(CLOCK_BOOTTIME) == before { return (wall, before) }
        }
        return (read(CLOCK_REALTIME), read(CLOCK_BOOTTIME))
    }

    private static func read(_ clock: clockid_t) -> Timestamp {
        var time = timespec()
        clock_gettime(clock, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
