internal import Mail
internal import NIOCore
internal import Synchronization

/// The writer thread: takes everything collected, makes it durable in one commit, and tells the users.
///
/// The order within a group is the spool's promise: content into the segments, one sync of these if a message of the
/// group needs it, one transaction, and only then the answers.
final class SpoolWriter: @unchecked Sendable {
    // Safety: only the writer's thread accesses mutable state, from `run()`. Before that thread starts, only the thread
    // that opens the spool does.

    /// Input through the inbox.
    enum Work: Sendable {
        case operations([SpoolOperation], from: SpoolPort, octets: Int)
        /// Goes on to the reader once everything submitted earlier is durable.
        case load(LoadRequest)
        case quarantine(QueueID, String)
        case relocate([Relocation], from: Int)
        /// The maintenance thread has copied most of the log.
        case finishCheckpoint
        /// Resubmission keys have expired.
        case expireResubmissions
        /// What is kept about messages that have left is not needed up to this entry.
        case forgetDepartures(through: Int)
        /// The same for content that is kept.
        case forgetContent(through: Int)
        case eraseContent(ContentErasure)
        /// Events for webhooks are delivered, or wait.
        case outbox(OutboxOrder)
        /// Webhooks may have more events than they may.
        case trimOutbox
        /// The limits are other ones.
        case checkLimit
    }

    let context: SpoolContext
    var database: SpoolDatabase? {
        willSet { gauge = nil }
    }
    /// Measures through ``database``.
    var gauge: SpaceGauge?
    var allowance = RoomAllowance()
    var appender: SegmentAppender
    var streams: [ContentStream: OpenStream] = [:]
    var changes: [SpoolChange] = []
    /// Those that could not be written yet.
    var kept: [SpoolOutcome] = []
    var completions = CompletionBatch()
    var loads: [LoadRequest] = []
    /// Messages with damaged content, until the attempt running at the time has been settled.
    var quarantined: [QueueID: String] = [:]
    /// Octets of all messages in wire form.
    var liveOctets: Int
    var messages: Int
    /// Octets of the messages in this group.
    var stagedOctets = 0
    var wantsArrivals = false
    /// The upstream that this group's messages are committed for.
    var expectedUpstream: String?
    var nextRetry: Int64?
    var checkpoints = CheckpointPlan()
    /// Whether early removal of resubmission keys has been reported.
    var hasNoticedKeys = false
    /// Whether the last failure was one of a segment.
    var segmentFailed = false
    /// The entry up to which what is kept about messages is to be removed; nil for nothing.
    var forgettable: Int?
    /// The same for content that is kept.
    var forgettableContent: Int?
    private var erasures: [ContentErasure] = []

    init(context: SpoolContext, _ found: SpoolRecovery.Found) {
        self.context = context
        database = found.database
        liveOctets = found.octets
        messages = found.messages
        appender = SegmentAppender(store: context.store)
    }

    /// The thread's body: returns once the inbox is closed and all its work is done.
    func run() {
        var work: [Work] = []
        checkLimit()
        let patience = context.tuning.lazyWait.wholeNanoseconds
        while context.inbox.take(into: &work, until: nextRetry, patience: kept.isEmpty ? patience : 0) {
            process(work)
            work.removeAll(keepingCapacity: true)
        }
        if !kept.isEmpty { commit() }
        if !kept.isEmpty { context.events(.notice("\(kept.count) outcomes could not be recorded before the end")) }
        appender.seal()
        database = nil
    }

    private func process(_ work: [Work]) {
        var octets = 0
        var finishesCheckpoint = false
        var expiresResubmissions = false
        wantsArrivals = context.ports.wantArrivals
        expectedUpstream = context.expectedUpstream.withLock { $0 }
        noteRoom()
        for item in work {
            switch item {
            case .operations(let operations, let port, let count):
                octets += count
                for operation in operations { stage(operation, port) }
            case .load(let request): loads.append(request)
            case .quarantine(let id, let reason): stageQuarantine(id, reason)
            case .relocate(let relocations, let segment):
                for relocation in relocations { changes.append(.relocate(relocation, from: segment)) }
            case .finishCheckpoint: finishesCheckpoint = true
            case .expireResubmissions: expiresResubmissions = true
            case .forgetDepartures(let last): forgettable = max(forgettable ?? last, last)
            case .forgetContent(let last): forgettableContent = max(forgettableContent ?? last, last)
            case .eraseContent(let order): erasures.append(order)
            case .outbox(let order): changes.append(.outbox(order))
            case .trimOutbox: break
            case .checkLimit: checkLimit()
            }
        }
        // Senders of parts may read on while the commit runs.
        context.ports.deliver(&completions)
        syncSegments()
        context.budget.remove(octets)
        if !changes.isEmpty { commit() }
        stagedOctets = 0
        context.ports.deliver(&completions)
        SpoolStep.reached(.afterReplies)
        if isRetryDue {
            retry()
            context.ports.deliver(&completions)
        }
        passOnLoads()
        if expiresResubmissions || hasTooManyKeys { expireResubmissions() }
        if forgettable != nil { forgetDepartures() }
        if forgettableContent != nil { forgetContent() }
        eraseContent()
        trimOutbox()
        if finishesCheckpoint { finishCheckpoint() }
        startCheckpointIfNeeded()
    }

    private func eraseContent() {
        for order in erasures { erase(order) }
        erasures.removeAll()
    }

    private func stage(_ operation: SpoolOperation, _ port: SpoolPort) {
        switch operation {
        case .accept(let message, let ticket): stageAccept(message, port, ticket)
        case .append(let stream, let bytes): append(bytes, to: stream)
        case .abandon(let stream): abandon(stream)
        case .beginAttempt(let id, let attempt): changes.append(.begin(id, attempt, port))
        case .settle(let settlement, let ticket):
            let notices = write(settlement.notices, about: settlement.id)
            changes.append(.outcome(.settle(quarantining(settlement), notices), SpoolAsker(port, ticket)))
        case .change(let ids, let change, let ticket):
            changes.append(.change(ids, change, SpoolAsker(port: port, ticket: ticket)))
        }
    }

    private func stageQuarantine(_ id: QueueID, _ reason: String) {
        guard quarantined.updateValue(reason, forKey: id) == nil else { return }
        changes.append(.outcome(.quarantine(id, reason), nil))
        context.events(.quarantined(reason))
    }

    /// An attempt that was running when the damage was found must not requeue the message.
    private func quarantining(_ settlement: Settlement) -> Settlement {
        guard !quarantined.isEmpty, let reason = quarantined.removeValue(forKey: settlement.id) else {
            return settlement
        }
        return settlement.holding(reason)
    }

    /// A message whose last outcome is not durable yet must not be read back in its old state.
    private func passOnLoads() {
        guard !loads.isEmpty else { return }
        let unsettled = Set(kept.map(\.id))
        for request in loads { context.load(request, except: unsettled) }
        loads.removeAll(keepingCapacity: true)
    }

    private var hasTooManyKeys: Bool {
        database.map { $0.keyCount > context.tuning.maxResubmissions } ?? false
    }

    /// After the replies of a group, in batches small enough not to delay the next group; the rest comes after that
    /// one.
    private func expireResubmissions() {
        guard let database, context.health.refusal == nil else { return }
        let (most, limit) = (context.tuning.maxResubmissions, context.tuning.expiryBatch)
        do throws(SpoolError) {
            let (expired, early) = try database.expireResubmissions(until: context.steady(), most: most, limit: limit)
            noticeKeys(early, database.keyCount, most)
            if expired + early == limit { _ = context.inbox.append(.expireResubmissions) }
        } catch {
            failed(error)
        }
    }

    /// Reports once that keys are removed early; again only after there have been clearly fewer.
    private func noticeKeys(_ early: Int, _ count: Int, _ most: Int) {
        if early > 0, !hasNoticedKeys {
            hasNoticedKeys = true
            context.events(
                .notice(
                    "there are \(most) keys of messages that may come again: the oldest go before dedup_window is over")
            )
        } else if count < most / 10 * 9 {
            hasNoticedKeys = false
        }
    }

    // MARK: Checkpoints

    /// Often enough that the database's growth fits into the reserve.
    private var checkpointPages: Int {
        min(context.tuning.checkpointPages, max(64, context.reserve.target / 4 / 4096))
    }

    private func startCheckpointIfNeeded() {
        guard let database, checkpoints.shouldStart(pages: database.pagesInLog, limit: checkpointPages)
        else { return }
        context.checkpointing.withLock { $0 = true }
        context.requestMaintenance(.checkpoint)
    }

    /// When the disk is nearly full, the room of a long log is wanted back; a short one's is needed for outcomes.
    private func copyRest(_ database: SpoolDatabase) throws(SpoolError) -> (log: Int, copied: Int) {
        let truncates = context.health.has(.space) && context.logSize > context.room.logReserve
        return try context.checkpointing.withLock { isWanted throws(SpoolError) in
            let result = try database.connection.checkpoint(truncating: truncates)
            if result.copied >= result.log { isWanted = false }
            return result
        }
    }

    private func finishCheckpoint() {
        guard let database else { return checkpoints.finished(pages: 0) }
        do throws(SpoolError) {
            let (log, copied) = try copyRest(database)
            SpoolStep.reached(.afterCheckpoint)
            checkpoints.finished(pages: log)
            if log > 20 * context.tuning.checkpointPages, copied < log {
                context.events(.notice("the log has \(log) pages, \(log - copied) of them held by a reader"))
            }
        } catch {
            checkpoints.finished(pages: database.pagesInLog)
            context.events(.notice(error.message))
        }
    }
}

/// When to copy the log into the database.
struct CheckpointPlan {
    private var isRunning = false
    /// Pages in the log at the end of the last checkpoint.
    private var base = 0

    mutating func shouldStart(pages: Int, limit: Int) -> Bool {
        // Fewer pages than before: the log was restarted from its beginning.
        if pages < base { base = 0 }
        guard !isRunning, pages - base >= limit else { return false }
        isRunning = true
        return true
    }

    /// Number of pages copied while a checkpoint may be running.
    mutating func copied(pages: Int) {
        base = max(base, pages)
    }

    mutating func finished(pages: Int) {
        isRunning = false
        base = pages
    }
}
