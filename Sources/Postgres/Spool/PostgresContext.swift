internal import Glibc
internal import Mail
internal import Spool
internal import Synchronization

/// The delivery's request to read messages back.
struct LoadOrder: Sendable {
    let ids: [QueueID]
    let receive: @Sendable ([LoadResult]) -> Void
}

/// What the threads of one spool share.
final class PostgresContext: Sendable {
    typealias Connect = @Sendable () throws(PostgresError) -> any PostgresSession

    let settings: PostgresSpoolSettings
    /// Of this process alone.
    let instance = "\(getpid())-\(UInt32.random(in: .min ... .max))"
    /// The last entry of the history that had been moved away at the start.
    let lastMoved: Int
    let tuning: PostgresTuning
    let connect: Connect
    /// For statements that take long.
    let connectPatiently: Connect
    /// The system's clock.
    let clock: @Sendable () -> Timestamp
    /// The clock that nobody can set.
    let steady: @Sendable () -> Timestamp
    let events: @Sendable (SpoolEvent) -> Void
    let database: @Sendable (DatabaseEvent) -> Void
    let meter: SpoolMeter
    /// Writes what is kept about messages that leave; nil for nothing.
    let recorder: (any DepartureRecorder)?
    /// Makes events for webhooks; nil for none.
    let outbox: (any OutboxRecorder)?
    let budget: MemoryBudget
    let health: SpoolHealth
    let ports = SpoolPorts()
    let inbox = Inbox<PostgresWriter.Work>()
    let deliveryReads = Inbox<PostgresReader.Job>()
    let operatorReads = Inbox<PostgresReader.Job>()
    /// Octets that messages may take together; 0 is no limit.
    let maxOctets: Atomic<Int>
    /// Messages that wait, and those that have left since the last `VACUUM`.
    let waiting = Atomic<Int>(0)
    let left = Atomic<Int>(0)
    let vacuum = Inbox<Never>()
    /// The server's process that runs a `VACUUM`; 0 for none.
    let vacuuming = Atomic<Int>(0)
    let isClosing = Atomic<Bool>(false)
    /// Octets of what is kept about messages that have left.
    let departureOctets = Atomic<Int>(0)
    /// Octets of content that is kept with it.
    let keptOctets = Atomic<Int>(0)
    private let ids: Mutex<QueueIDGenerator>
    /// Created once the old one has been read; nil if there is no room for it.
    private let journal = Mutex<DotJournal?>(nil)

    init(
        settings: PostgresSpoolSettings, tuning: PostgresTuning, after last: QueueID, lastMoved: Int,
        clock: @escaping @Sendable () -> Timestamp, steady: @escaping @Sendable () -> Timestamp,
        recorder: (any DepartureRecorder)?, outbox: (any OutboxRecorder)?, meter: SpoolMeter,
        connect: @escaping Connect, patiently: @escaping Connect, database: @escaping @Sendable (DatabaseEvent) -> Void,
        events: @escaping @Sendable (SpoolEvent) -> Void
    ) {
        self.settings = settings
        self.lastMoved = lastMoved
        self.tuning = tuning
        self.connect = connect
        connectPatiently = patiently
        self.clock = clock
        self.steady = steady
        self.events = events
        self.database = database
        self.meter = meter
        self.recorder = recorder
        self.outbox = outbox
        ids = Mutex(QueueIDGenerator(after: last))
        maxOctets = Atomic(settings.local.maxOctets)
        budget = MemoryBudget(limit: settings.local.memoryBudget)
        health = SpoolHealth(events: events)
    }

    func makeQueueID(at now: Timestamp) -> QueueID { ids.withLock { $0.next(at: now) } }

    /// New queue IDs are greater than this one, too.
    func pass(_ last: QueueID) {
        ids.withLock { ids in
            if ids.next(at: .distantPast) <= last { ids = QueueIDGenerator(after: last) }
        }
    }

    var journalPath: String { settings.local.path + "/dots" }

    var dots: DotJournal? {
        get { journal.withLock { $0 } }
        set { journal.withLock { $0 = newValue } }
    }

    func quarantine(_ id: QueueID, _ error: SpoolError) {
        _ = inbox.append(.quarantine(id, error.message))
    }
}

/// What happens between a spool and its database, for the operator.
package enum DatabaseEvent: Sendable {
    /// A connection for writing stands.
    ///
    /// - Parameter session: may be asked before this returns, on the thread that calls.
    case connected(host: String, version: Int, facts: DatabaseSynchrony)
    /// The connection is lost, or there was none; it is told once, until the next one stands.
    case lost(String)
}

/// How durable a commit is, as the database says.
package struct DatabaseSynchrony: Hashable, Sendable {
    /// `on`, `remote_apply`, `remote_write`, `local` or `off`.
    package let synchronousCommit: String
    /// As the server has it; empty for none.
    package let synchronousStandbyNames: String
    /// Whether it writes through to its disk.
    package let fsync: Bool

    package init(synchronousCommit: String, synchronousStandbyNames: String, fsync: Bool) {
        self.synchronousCommit = synchronousCommit
        self.synchronousStandbyNames = synchronousStandbyNames
        self.fsync = fsync
    }

    /// What a commit does not outlive; nil if it waits for another machine.
    package var risk: String? {
        if !fsync { return "fsync is off: accepted mail is lost if the database's machine loses power" }
        if synchronousCommit == "off" {
            return "synchronous_commit is off: mail that was accepted a moment ago is lost if the database dies"
        }
        if synchronousStandbyNames.isEmpty || synchronousCommit == "local" {
            return "no synchronous standby: accepted mail is lost with the disk of the database; "
                + "set synchronous_standby_names"
        }
        return nil
    }
}
