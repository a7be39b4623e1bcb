internal import Mail
internal import NIOCore
internal import Synchronization

/// The thread that writes: takes all that has gathered, makes it durable in one commit, and tells the users.
///
/// The order within a group is the promise of the spool: octets of content into the segments, one sync of these if a
/// message of the group needs it, one transaction, and only then the answers.
final class SpoolWriter: @unchecked Sendable {
    // Safety: all that changes is touched by the writer's thread alone, from `run()`; before that thread starts, by the
    // thread that opens the spool.

    /// What comes in through the inbox.
    enum Work: Sendable {
        case operations([SpoolOperation], from: SpoolPort, octets: Int)
        /// Goes on to the reader once everything submitted earlier is durable.
        case load(LoadRequest)
        case quarantine(QueueID, String)
        case relocate([Relocation], from: Int)
        /// The maintenance thread has copied most of the log.
        case finishCheckpoint
        /// Keys of resubmissions have expired.
        case expireResubmissions
    }

    let context: SpoolContext
    var database: SpoolDatabase?
    var appender: SegmentAppender
    var streams: [ContentStream: OpenStream] = [:]
    var changes: [SpoolChange] = []
    /// Those that could not be written yet.
    var kept: [SpoolOutcome] = []
    var completions = CompletionBatch()
    var loads: [LoadRequest] = []
    /// Messages whose content is damaged, until the attempt that ran then has been settled.
    var quarantined: [QueueID: String] = [:]
    /// Octets of the wire form of all messages.
    var liveOctets: Int
    var wantsArrivals = false
    /// What the messages of this group are committed for.
    var expectedUpstream: String?
    var nextRetry: Int64?
    var checkpoints = CheckpointPlan()
    /// Whether it has been said that keys of resubmissions go before their time.
    var hasNoticedKeys = false
    /// Whether the last failure was one of a segment.
    var segmentFailed = false

    init(context: SpoolContext, database: SpoolDatabase, octets: Int) {
        self.context = context
        self.database = database
        liveOctets = octets
        appender = SegmentAppender(store: context.store)
    }

    /// The thread's body: returns when the inbox is closed and all that was in it is done.
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
            }
        }
        // Senders of parts may read on while the commit runs.
        context.ports.deliver(&completions)
        syncSegments()
        context.budget.remove(octets)
        if !changes.isEmpty { commit() }
        context.ports.deliver(&completions)
        SpoolStep.reached(.afterReplies)
        if isRetryDue { retry() }
        passOnLoads()
        if expiresResubmissions || hasTooManyKeys { expireResubmissions() }
        if finishesCheckpoint { finishCheckpoint() }
        startCheckpointIfNeeded()
    }

    private func stage(_ operation: SpoolOperation, _ port: SpoolPort) {
        switch operation {
        case .accept(let message, let ticket): stageAccept(message, port, ticket)
        case .append(let stream, let bytes): append(bytes, to: stream)
        case .abandon(let stream): abandon(stream)
        case .beginAttempt(let id, let attempt): changes.append(.begin(id, attempt, port))
        case .settle(let settlement, let ticket):
            changes.append(.outcome(.settle(quarantining(settlement)), SpoolAsker(port, ticket)))
        case .remove(let id, let ticket):
            quarantined[id] = nil
            changes.append(.outcome(.remove(id), SpoolAsker(port, ticket)))
        }
    }

    private func stageQuarantine(_ id: QueueID, _ reason: String) {
        guard quarantined.updateValue(reason, forKey: id) == nil else { return }
        changes.append(.outcome(.quarantine(id, reason), nil))
        context.events(.quarantined(reason))
    }

    /// An attempt that ran while the damage was found must not put the message back into the queue.
    private func quarantining(_ settlement: Settlement) -> Settlement {
        guard !quarantined.isEmpty, let reason = quarantined.removeValue(forKey: settlement.id) else {
            return settlement
        }
        return Settlement(
            id: settlement.id, recipients: settlement.recipients.map { $0.held(reason) }, cycles: settlement.cycles,
            attempt: settlement.attempt)
    }

    /// A message whose last outcome is not durable yet must not be read back as it was before.
    private func passOnLoads() {
        guard !loads.isEmpty else { return }
        let unsettled = Set(kept.map(\.id))
        for request in loads { context.load(request, except: unsettled) }
        loads.removeAll(keepingCapacity: true)
    }

    private var hasTooManyKeys: Bool {
        database.map { $0.keyCount > context.tuning.maxResubmissions } ?? false
    }

    /// After the replies of a group, and no more at a time than delays the next group by little; what is left comes after
    /// that one.
    private func expireResubmissions() {
        guard let database, context.health.refusal == nil else { return }
        let (most, limit) = (context.tuning.maxResubmissions, context.tuning.expiryBatch)
        do throws(SpoolError) {
            let (expired, early) = try database.expireResubmissions(until: context.clock(), most: most, limit: limit)
            noticeKeys(early, database.keyCount, most)
            if expired + early == limit { _ = context.inbox.append(.expireResubmissions) }
        } catch {
            failed(error)
        }
    }

    /// Says once that keys go before their time; again only after there have been clearly fewer.
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

    private func startCheckpointIfNeeded() {
        guard let database, checkpoints.shouldStart(pages: database.pagesInLog, limit: context.tuning.checkpointPages)
        else { return }
        context.requestMaintenance(.checkpoint)
    }

    private func finishCheckpoint() {
        guard let database else { return checkpoints.finished(pages: 0) }
        do throws(SpoolError) {
            // When the disk is nearly full, the room of the log is wanted back.
            let (log, copied) = try database.connection.checkpoint(truncating: context.health.has(.space))
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

/// When the log is to be copied into the database.
struct CheckpointPlan {
    private var isRunning = false
    /// Pages in the log at the end of the last checkpoint.
    private var base = 0

    mutating func shouldStart(pages: Int, limit: Int) -> Bool {
        // Fewer pages than before: the log was started again from its beginning.
        if pages < base { base = 0 }
        guard !isRunning, pages - base >= limit else { return false }
        isRunning = true
        return true
    }

    mutating func finished(pages: Int) {
        isRunning = false
        base = pages
    }
}
