internal import Mail
internal import Synchronization

/// The delivery's request to read messages back.
struct LoadRequest: Sendable {
    let ids: [QueueID]
    let receive: @Sendable ([LoadResult]) -> Void
}

/// What the threads of one spool share.
final class SpoolContext: Sendable {
    let settings: SpoolSettings
    let tuning: SpoolTuning
    let files: any FileLayer
    /// The system's clock.
    let clock: @Sendable () -> Timestamp
    /// The clock that nobody can set.
    let steady: @Sendable () -> Timestamp
    let events: @Sendable (SpoolEvent) -> Void
    let store: SegmentStore
    let budget: MemoryBudget
    let health: SpoolHealth
    let ports = SpoolPorts()
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
        steady: @escaping @Sendable () -> Timestamp, events: @escaping @Sendable (SpoolEvent) -> Void
    ) {
        self.settings = settings
        self.tuning = tuning
        self.files = files
        self.clock = clock
        self.steady = steady
        self.events = events
        store = SegmentStore(directory: settings.path + "/segments", files: files, tuning: tuning)
        budget = MemoryBudget(limit: settings.memoryBudget)
        health = SpoolHealth(events: events)
    }

    var databasePath: String { settings.path + "/spool.sqlite3" }
    var journalPath: String { settings.path + "/dots" }

    var dots: DotJournal? {
        get { journal.withLock { $0 } }
        set { journal.withLock { $0 = newValue } }
    }

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

extension SpoolError {
    static let closed = SpoolError(.closed, "the spool is closed")
}
