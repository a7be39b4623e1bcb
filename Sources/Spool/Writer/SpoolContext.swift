internal import Mail
internal import Synchronization

/// The delivery's request to read messages back.
struct LoadRequest: Sendable {
    let ids: [QueueID]
    let receive: @Sendable ([LoadResult]) -> Void
}

/// What the threads of one spool share.
final class SpoolContext: Sendable {
    /// The data directory.
    let path: String
    let limits: SpoolLimits
    let tuning: SpoolTuning
    let files: any FileLayer
    /// The system's clock.
    let clock: @Sendable () -> Timestamp
    /// The clock that nobody can set.
    let steady: @Sendable () -> Timestamp
    let events: @Sendable (SpoolEvent) -> Void
    let meter: SpoolMeter
    /// Writes what is kept about messages that leave; nil for nothing.
    let recorder: (any DepartureRecorder)?
    /// Makes events for webhooks; nil for none.
    let outbox: (any OutboxRecorder)?
    /// The last entry of it that had been moved away at the start.
    let lastMoved: Int
    /// Octets of it in the database.
    let departureOctets = Atomic<Int>(0)
    /// Octets of content that is kept with it.
    let keptOctets = Atomic<Int>(0)
    /// The last entry of it that was committed.
    let lastDeparture = Atomic<Int>(0)
    let store: SegmentStore
    let budget: MemoryBudget
    let health: SpoolHealth
    let ports = SpoolPorts()
    let reserve: SpoolReserve
    /// What the maintenance thread has last found to be left for new mail, until the writer has seen it; `Int.max` for
    /// nothing.
    let surplus = Atomic<Int>(.max)
    /// Messages in the spool.
    let messageCount = Atomic<Int>(0)
    /// Held while the log is copied; whether the maintenance thread is to copy it.
    let checkpointing = Mutex(false)
    /// The database and the log as this process has opened them; empty before that.
    let opened = Mutex<[FileEntry.Identity?]>([])
    /// The upstream that fresh messages are expected to go to at once.
    let expectedUpstream = Mutex<String?>(nil)
    /// Created once the old one has been read; nil if there is no room for it.
    private let journal = Mutex<DotJournal?>(nil)
    /// Input of the writer.
    let inbox = Inbox<SpoolWriter.Work>()
    /// Input of the delivery's reader thread.
    let deliveryReads = Inbox<SpoolReader.Job>()
    /// Input of the operators' reader thread.
    let operatorReads = Inbox<SpoolReader.Job>()
    let maintenance = Inbox<SpoolMaintenance.Task>()

    init(
        settings: SpoolSettings, tuning: SpoolTuning, files: any FileLayer, clock: @escaping @Sendable () -> Timestamp,
        steady: @escaping @Sendable () -> Timestamp, recorder: (any DepartureRecorder)? = nil, lastMoved: Int = 0,
        outbox: (any OutboxRecorder)? = nil, meter: SpoolMeter = .unused,
        events: @escaping @Sendable (SpoolEvent) -> Void
    ) {
        path = settings.path
        limits = SpoolLimits(settings)
        databasePath = settings.path + "/spool.sqlite3"
        logPath = databasePath + "-wal"
        self.tuning = tuning
        self.files = files
        self.clock = clock
        self.steady = steady
        self.events = events
        self.meter = meter
        self.recorder = recorder
        self.outbox = outbox
        self.lastMoved = lastMoved
        store = SegmentStore(directory: settings.path + "/segments", files: files, tuning: tuning)
        budget = MemoryBudget(limit: settings.memoryBudget)
        health = SpoolHealth(events: events)
        reserve = SpoolReserve(directory: settings.path, files: files, most: tuning.maxReserve)
    }

    /// As relay.conf has it now.
    var room: SpoolRoom { SpoolRoom(minFreeSpace: limits.minFreeSpace, reserve: reserve.target) }

    /// Stored, because every group asks for them.
    let databasePath: String
    let logPath: String
    /// Octets of the log's file.
    var logSize: Int { files.entry(logPath)?.size ?? 0 }
    var journalPath: String { path + "/dots" }

    var dots: DotJournal? {
        get { journal.withLock { $0 } }
        set { journal.withLock { $0 = newValue } }
    }

    // MARK: The files

    /// Opens the database for writing; creates it if missing, and migrates it.
    func makeDatabase() throws(SpoolError) -> SpoolDatabase {
        try SpoolDatabase(
            path: databasePath, tuning: tuning, recorder: recorder,
            after: max(lastMoved, lastDeparture.load(ordering: .relaxed)), outbox: outbox, clock: clock, steady: steady)
    }

    /// Remembers which files were opened.
    func noteOpened() {
        opened.withLock { $0 = filesNow }
    }

    /// Whether the files that were opened are still where the next start will look for them. Two calls of `stat`.
    var isInPlace: Bool {
        let opened = opened.withLock { $0 }
        return opened.isEmpty || opened == filesNow
    }

    private var filesNow: [FileEntry.Identity?] {
        [files.entry(databasePath)?.identity, files.entry(logPath)?.identity]
    }

    /// Sets or clears the refusal for files that were removed or replaced.
    func checkPlace() {
        if isInPlace {
            health.clear(.place)
        } else {
            health.set(
                .place,
                SpoolError(.inputOutput, "the spool in \(path) was removed or replaced under the relay"))
        }
    }

    // MARK: Requests

    /// Passes a request to the reader; messages in `unsettled` are not read.
    func load(_ request: LoadRequest, except unsettled: Set<QueueID>) {
        let job: SpoolReader.Job = { reader in
            request.receive(request.ids.map { reader.load($0, unsettled) })
        }
        if !deliveryReads.append(job) { request.receive(request.ids.map { .failed($0, .closed) }) }
    }

    func requestMaintenance(_ task: SpoolMaintenance.Task) {
        _ = maintenance.append(task)
    }

    func quarantine(_ id: QueueID, _ error: SpoolError) {
        _ = inbox.append(.quarantine(id, error.message))
    }
}
