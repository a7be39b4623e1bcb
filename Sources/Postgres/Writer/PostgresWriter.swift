internal import Mail
internal import NIOCore
internal import Spool
internal import Synchronization

/// The writer thread: takes everything collected, makes it durable in one transaction, and tells the users.
///
/// It has one connection. While that is lost, mail is refused at once, and outcomes are kept until there is another.
final class PostgresWriter: @unchecked Sendable {
    // Safety: only the writer's thread accesses mutable state, from `run()`. Before that thread starts, only the thread
    // that opens the spool does.

    /// Input through the inbox.
    enum Work: Sendable {
        case operations([SpoolOperation], from: SpoolPort, octets: Int)
        /// Goes on to the reader once everything submitted earlier is durable.
        case load(LoadOrder)
        case quarantine(QueueID, String)
        case connected(ConnectionResult)
        /// What is kept about messages that have left is not needed up to this entry.
        case forgetDepartures(through: Int)
        /// The same for content that is kept.
        case forgetContent(through: Int)
        case eraseContent([Int], done: @Sendable (SpoolError?) -> Void)
        /// Events for webhooks are delivered, or wait.
        case events(EventOrder)
        case checkLimit
    }

    let context: PostgresContext
    /// The connection; nil while there is none.
    var link: PostgresLink?
    var streams: PostgresStreams
    var changes: [GroupChange] = []
    /// Those that could not be written yet.
    var kept: [Outcome] = []
    /// A group of which nobody knows whether it was committed, until the next connection says.
    var unknown: SentGroup?
    var completions = CompletionBatch()
    var outbox: OutboxBook?
    var counts = PostgresCounts()
    /// Octets of the messages in this group.
    private var stagedOctets = 0
    var wantsArrivals = false
    var nextRetry: Int64?
    var pause: Duration
    var isConnecting = false
    private var loads: [LoadOrder] = []
    /// Messages with damaged content, until the attempt running at the time has been settled.
    private var quarantined: [QueueID: String] = [:]
    var chores = PostgresChores()

    init(_ context: PostgresContext) {
        self.context = context
        pause = context.tuning.shortestPause
        streams = PostgresStreams(context)
        outbox = context.outbox.map { OutboxBook($0, steady: context.steady, step: context.tuning.outboxStep) }
    }

    /// The thread's body: returns once the inbox is closed and all its work is done.
    func run() {
        var work: [Work] = []
        checkLimit()
        chores.nextExpiry = Monotonic.now + context.tuning.maintenanceInterval.wholeNanoseconds
        let patience = context.tuning.lazyWait.wholeNanoseconds
        while context.inbox.take(into: &work, until: nextDeadline, patience: kept.isEmpty ? patience : 0) {
            process(work)
            work.removeAll(keepingCapacity: true)
        }
        finish()
    }

    private var nextDeadline: Int64 { min(nextRetry ?? .max, chores.nextExpiry) }

    private func process(_ work: [Work]) {
        var octets = 0
        wantsArrivals = context.ports.wantArrivals
        for item in work {
            switch item {
            case .operations(let operations, let port, let count):
                octets += count
                for operation in operations { stage(operation, port) }
            case .load(let order): loads.append(order)
            case .quarantine(let id, let reason): stageQuarantine(id, reason)
            case .connected(let result): connected(result)
            case .forgetDepartures(let last): chores.forget(departures: last)
            case .forgetContent(let last): chores.forget(content: last)
            case .eraseContent(let numbers, let done): chores.erasures.append((numbers, done))
            case .events(let order): changes.append(.events(order))
            case .checkLimit: checkLimit()
            }
        }
        context.budget.remove(octets)
        commit()
        stagedOctets = 0
        context.ports.deliver(&completions)
        SpoolStep.reached(.afterReplies)
        retryIfDue()
        passOnLoads()
        runChores()
    }

    private func stage(_ operation: SpoolOperation, _ port: SpoolPort) {
        switch operation {
        case .accept(let message, let ticket): stageAccept(message, Asker(port: port, ticket: ticket))
        case .append(let name, let bytes): append(bytes, to: name)
        case .abandon(let name):
            if let content = streams.abandon(name) { changes.append(.abandon(content: content)) }
        case .beginAttempt(let id, let attempt): changes.append(.begin(id, attempt, port))
        case .settle(let settlement, let ticket):
            let outcome = Outcome.settle(quarantining(settlement), WrittenNotices())
            changes.append(.outcome(outcome, Asker(port, ticket)))
        case .change(let ids, let change, let ticket):
            changes.append(.change(ids, change, Asker(port: port, ticket: ticket)))
        }
    }

    // MARK: - New mail

    private func stageAccept(_ new: NewMessage, _ asker: Asker) {
        do throws(SpoolError) {
            let placement = try place(new)
            let limit = context.maxOctets.load(ordering: .relaxed)
            if limit > 0, counts.octets + stagedOctets >= limit {
                if let content = placement.isStreamed ? placement.chunks : nil {
                    changes.append(.abandon(content: content))
                }
                throw limitError
            }
            stagedOctets += placement.octets
            changes.append(.insert(Arrival(new, placement, asker)))
        } catch {
            completions.add(.refused(ticket: asker.ticket, error), to: asker.port)
        }
    }

    private func place(_ new: NewMessage) throws(SpoolError) -> Placement {
        switch new.content {
        case .stream(let name): return try streams.finish(name, header: new.header)
        case .whole(let body):
            if let refusal = context.health.refusal { throw refusal }
            return place(new, body)
        }
    }

    private func place(_ new: NewMessage, _ body: ByteBuffer) -> Placement {
        var hash = XXH64()
        body.withUnsafeReadableBytes { hash.update($0) }
        new.header.withUnsafeReadableBytes { hash.update($0) }
        let octets = body.readableBytes + new.header.readableBytes
        let isSmall = octets <= context.tuning.inlineLimit
        return Placement(
            octets: octets, checksum: hash.finish(), chunks: isSmall ? nil : Int(new.message.id.rawValue),
            kept: octets <= context.tuning.residentLimit ? [body] : nil)
    }

    /// A notice, which is in one piece.
    func notice(_ new: NewMessage) -> Arrival {
        guard case .whole(let body) = new.content else { preconditionFailure("a notice is in one piece") }
        return Arrival(new, place(new, body), nil)
    }

    private func append(_ bytes: ByteBuffer, to name: ContentStream) {
        do throws(SpoolError) {
            if let part = try streams.append(bytes, to: name) { changes.append(.part(part)) }
        } catch {
            if let content = streams.fail(name, error) { changes.append(.abandon(content: content)) }
            completions.add(.appendFailed(name, error), to: name.port)
        }
    }

    // MARK: - Damage

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

    // MARK: - Reading back

    /// A message whose last outcome is not durable yet must not be read back in its old state.
    private func passOnLoads() {
        guard !loads.isEmpty else { return }
        let unsettled = Set(kept.map(\.id)).union(unknown?.outcomes ?? [])
        for order in loads {
            let job: PostgresReader.Job = { reader in order.receive(reader.load(order.ids, except: unsettled)) }
            if !context.deliveryReads.append(job) { order.receive(order.ids.map { .failed($0, .closed) }) }
        }
        loads.removeAll(keepingCapacity: true)
    }

    // MARK: - Limits

    func checkLimit() {
        let limit = context.maxOctets.load(ordering: .relaxed)
        if limit > 0, counts.octets >= limit {
            context.health.set(.limit, limitError)
        } else {
            context.health.clear(.limit)
        }
    }

    private var limitError: SpoolError {
        let limit = context.maxOctets.load(ordering: .relaxed)
        return SpoolError(.full, "the spool holds \(counts.octets + stagedOctets) octets, its limit is \(limit)")
    }
}

/// What the writer knows of the tables by heart.
struct PostgresCounts {
    var messages = 0
    /// Of all messages in wire form.
    var octets = 0
    /// Number of the last entry of the history.
    var lastEntry = 0
    var departureOctets = 0
    var keptOctets = 0
    /// Resubmission keys, about.
    var keys = 0
}

/// What may wait until the replies of a group are out.
struct PostgresChores {
    /// The entry up to which what is kept about messages is to be removed; nil for nothing.
    var departures: Int?
    /// The same for content that is kept.
    var content: Int?
    var erasures: [(numbers: [Int], done: @Sendable (SpoolError?) -> Void)] = []
    /// When keys of messages that may come again expire next, by ``Monotonic``.
    var nextExpiry: Int64 = .max
    /// Whether early removal of keys has been told.
    var hasNoticedKeys = false

    mutating func forget(departures last: Int) { departures = max(departures ?? last, last) }

    mutating func forget(content last: Int) { content = max(content ?? last, last) }
}
