internal import Mail
internal import NIOCore
internal import Spool

/// A group that is sent, or was.
final class SentGroup {
    /// By which the database knows it.
    let number: Int
    let group: [GroupChange]
    let effects: [GroupEffect]
    let writes: GroupWrites
    /// Orders about events.
    let orders: [EventOrder]
    /// What is left of each of them for later groups.
    var rest: [EventOrder]

    init(number: Int, group: [GroupChange], effects: [GroupEffect], writes: GroupWrites) {
        self.number = number
        self.group = group
        self.effects = effects
        self.writes = writes
        orders = group.compactMap { change in
            guard case .events(let order) = change else { return nil }
            return order
        }
        rest = orders
    }

    /// Messages whose outcomes are in it.
    var outcomes: [QueueID] {
        group.compactMap { change in
            guard case .outcome(let outcome, _) = change else { return nil }
            return outcome.id
        }
    }
}

/// Why a group was not committed.
enum GroupFailure: Error {
    /// The connection is lost, and with it what was not committed.
    case lost(PostgresError)
    /// The connection was lost when all had been sent: nobody knows.
    case unknown(PostgresError)
    /// The server has refused it.
    case refused(PostgresError)

    var error: PostgresError {
        switch self {
        case .lost(let error), .unknown(let error), .refused(let error): error
        }
    }
}

/// Commits a group, and handles failures.
extension PostgresWriter {
    /// Commits the retained changes and the staged ones.
    func commit() {
        guard !changes.isEmpty || !kept.isEmpty else { return }
        guard link != nil else { return keepWaiting() }
        let isRetry = nextRetry.map { $0 <= Monotonic.now } ?? true
        // What the server has refused by itself waits for its next try, and what is about the same message with it.
        let held = isRetry ? [] : Set(kept.map(\.id))
        let group = (isRetry ? kept.map { .outcome($0, nil) } : []) + changes.filter { !$0.isAbout(held) }
        let waiting = held.isEmpty ? [] : changes.filter { $0.isAbout(held) }
        changes.removeAll(keepingCapacity: true)
        if isRetry { kept.removeAll() }
        let refusal = SpoolError(.inputOutput, "the last outcome of this message is not recorded yet")
        refuse(waiting, refusal)
        if !group.isEmpty { carryOut(group) }
    }

    /// There is no connection: whoever asks is told so.
    private func keepWaiting() {
        let error = context.health.refusal ?? SpoolError(.inputOutput, "there is no connection to the database")
        for change in changes { refuse(change, error) }
        changes.removeAll(keepingCapacity: true)
    }

    /// A failed group with new messages is repeated once without them, because outcomes may need no room; what the server
    /// still refuses is tried change by change, so that one that it cannot take does not hold up the others.
    private func carryOut(_ group: [GroupChange]) {
        do throws(GroupFailure) {
            try apply(group)
        } catch {
            switch error {
            case .unknown(let error): lost(error)
            case .lost(let error):
                lost(error)
                refuse(group, SpoolError(error))
            case .refused(let error): refused(group, error)
            }
        }
    }

    private func refused(_ group: [GroupChange], _ error: PostgresError) {
        let failure = SpoolError(error)
        guard error.isLackOfResources else { return refusedOne(of: group, failure) }
        context.health.set(.write, failure)
        nextRetry = Monotonic.now + context.tuning.retryInterval.wholeNanoseconds
        let rest = group.filter { !$0.needsRoom }
        guard !rest.isEmpty, rest.count < group.count else { return refuse(group, failure) }
        refuse(group.filter(\.needsRoom), failure)
        carryOut(rest)
    }

    /// The server does not take something in the group.
    private func refusedOne(of group: [GroupChange], _ failure: SpoolError) {
        guard group.count == 1 else {
            for (index, change) in group.enumerated() {
                // What follows a lost connection is not tried.
                guard link != nil else { return refuse(Array(group[index...]), failure) }
                carryOut([change])
            }
            return
        }
        context.events(.notice("the database refuses a change: \(failure.message)"))
        nextRetry = Monotonic.now + context.tuning.retryInterval.wholeNanoseconds
        // Nothing more is accepted while it cannot be recorded what becomes of mail.
        if case .outcome? = group.first { context.health.set(.write, failure) }
        refuse(group, failure)
    }

    // MARK: - One transaction

    private func apply(_ group: [GroupChange]) throws(GroupFailure) {
        guard let link else { throw .lost(PostgresError(.connection, "there is no connection to the database")) }
        let began = Monotonic.now
        let number = link.lastGroup + 1
        let facts = try reading(link) { () throws(PostgresError) in try read(for: group, number, link) }
        let rules = GroupPlan.Rules(
            recorder: context.recorder, outbox: context.outbox, nextEntry: counts.lastEntry + 1, now: context.clock())
        var plan = GroupPlan(rules, facts)
        plan.apply(group, place: notice) { id, octets in (try? self.beginnings(of: [id: octets], link))?[id] }
        let sent = SentGroup(number: number, group: group, effects: plan.effects, writes: plan.writes)
        outbox?.note(plan.writes.events.map(\.draft))
        SpoolStep.reached(.beforeCommit)
        try write(sent, link)
        context.meter.time.record(nanoseconds: Monotonic.now - began)
        context.meter.operations.record(group.count)
        SpoolStep.reached(.afterCommit)
        committed(sent)
    }

    /// Writes a group and commits it, in one pipeline unless events have to be looked for.
    private func write(_ sent: SentGroup, _ link: PostgresLink) throws(GroupFailure) {
        let queries = sent.writes.queries(
            node: context.settings.node, first: counts.lastEntry + 1, now: context.clock(), steady: context.steady(),
            chunkSize: context.tuning.chunkSize)
        let commit = PostgresQuery(.commit)
        guard !sent.orders.isEmpty || outbox?.isOverfull ?? false else {
            return try committing(sent, link) { () throws(PostgresError) in _ = try link.session.run(queries + [commit])
            }
        }
        try reading(link) { () throws(PostgresError) in
            if !queries.isEmpty { _ = try link.session.run(queries) }
            guard let outbox else { return }
            for (index, order) in sent.orders.enumerated() { sent.rest[index] = try outbox.apply(order, link.session) }
            try outbox.trim(link.session)
        }
        try committing(sent, link) { () throws(PostgresError) in _ = try link.session.run([commit]) }
    }

    /// Does what cannot have committed anything.
    private func reading<Result>(
        _ link: PostgresLink, _ body: () throws(PostgresError) -> Result
    ) throws(GroupFailure) -> Result {
        do throws(PostgresError) {
            return try body()
        } catch {
            outbox?.ended(isCommitted: false)
            throw failure(error, link)
        }
    }

    private func committing(
        _ sent: SentGroup, _ link: PostgresLink, _ body: () throws(PostgresError) -> Void
    ) throws(GroupFailure) {
        do throws(PostgresError) {
            try body()
        } catch {
            guard !error.isFatal else {
                unknown = sent
                throw .unknown(error)
            }
            outbox?.ended(isCommitted: false)
            throw failure(error, link)
        }
    }

    /// Ends the transaction that has failed.
    private func failure(_ error: PostgresError, _ link: PostgresLink) -> GroupFailure {
        guard !error.isFatal, error.state != PostgresSchema.takenOver else { return .lost(error) }
        do throws(PostgresError) {
            try link.session.run(.rollback)
            return .refused(error)
        } catch {
            return .lost(error)
        }
    }

    // MARK: - Reading

    /// Begins the transaction, and reads what the group needs.
    private func read(
        for group: [GroupChange], _ number: Int, _ link: PostgresLink
    ) throws(PostgresError) -> GroupFacts {
        let needs = GroupNeeds(group, isRecording: context.recorder?.isRecording ?? false) { settlement in
            guard let outbox = context.outbox else { return false }
            return outbox.isRecording && outbox.asks(for: settlement)
        }
        let hold = PostgresQuery(
            GroupStatements.hold, [.text(context.settings.node), .integer(link.epoch), .integer(number)])
        let reads = needs.queries
        let answers = try link.session.run([PostgresQuery(.begin), hold] + reads)
        var facts = GroupFacts()
        for (query, rows) in zip(reads, answers.dropFirst(2)) { facts.add(rows, of: query.statement) }
        let ledgers = needs.ledgers.filter { facts.messages[$0]?.ledger ?? 0 > 0 }
        if !ledgers.isEmpty {
            let query = PostgresQuery(GroupStatements.attempts, ledgers.map { Int($0.rawValue) })
            facts.add(try link.session.run([query])[0], of: query.statement)
        }
        if !needs.quoted.isEmpty { writeNotices(group, try beginnings(of: needs.quoted, link)) }
        return facts
    }

    private func writeNotices(_ group: [GroupChange], _ originals: [QueueID: OriginalContent]) {
        for case .outcome(.settle(let settlement, let notices), _) in group where notices.arrivals == nil {
            notices.arrivals = settlement.notices.map { notice($0.write(originals[settlement.id])) }
        }
    }

    /// The first octets of messages, not verified.
    func beginnings(
        of ids: [QueueID: Int], _ link: PostgresLink
    ) throws(PostgresError) -> [QueueID: OriginalContent] {
        let most = ids.values.max() ?? 0
        let chunks = ChunkArrays.count(of: most, size: context.tuning.chunkSize)
        let rows = try link.session.run(
            GroupStatements.contents, .array(PostgresArray(ids.keys.map { Int($0.rawValue) })), .integer(chunks))
        var found: [QueueID: OriginalContent] = [:]
        for row in 0..<rows.count {
            var bytes = ByteBuffer(bytes: rows.octets(row, 2))
            for column in [3, 4] where !rows.isNull(row, column) { bytes.writeBytes(rows.octets(row, column)) }
            found[QueueID(rawValue: Int64(rows.integer(row, 0)))] = OriginalContent(
                bytes: bytes, isWhole: bytes.readableBytes >= rows.integer(row, 1))
        }
        return found
    }
}
