package import Mail
package import NIOCore
package import Spool
internal import Synchronization

/// A scripted in-memory spool: no threads, no clock, no disk.
///
/// In automatic mode every operation is answered before `submit` returns; otherwise operations are collected until
/// ``commit()``, which is one group commit. Completions are delivered on the calling thread, outside any lock.
///
/// What a change does is in ``SpoolContents``, for this spool and for the simulation's. When it happens is another matter,
/// and needs two: here a test decides, threads of real event loops may call, and single operations fail on request; there
/// every commit takes virtual time, in which a crash may come, and the disk survives the spool.
package final class FaultySpool: MessageSpool {
    /// Kinds of operation that can be made to fail once.
    package enum Fault: Hashable, Sendable {
        case accept, append, beginAttempt, load, read
        /// The outcome is kept, and is durable with the next commit.
        case settle
    }

    private let ids: FaultyQueueIDs
    private let state: Mutex<FaultySpoolState>
    private let budget: MemoryBudget
    package let recordsAttemptsAtDots: Bool

    /// - Parameters:
    ///   - automatic: whether each submission is committed at once.
    ///   - firstID: the first queue ID; later ones count up by one.
    ///   - memoryBudget: only counted, never enforced.
    ///   - recordsAttemptsAtDots: in place of the beginning of attempts, as a spool in PostgreSQL does.
    package init(
        automatic: Bool = true, firstID: QueueID = QueueID(rawValue: 1), memoryBudget: Int = 64 << 20,
        recordsAttemptsAtDots: Bool = false
    ) {
        self.recordsAttemptsAtDots = recordsAttemptsAtDots
        budget = MemoryBudget(limit: memoryBudget)
        let ids = FaultyQueueIDs(next: firstID.rawValue)
        self.ids = ids
        state = Mutex(FaultySpoolState(automatic: automatic, ids: ids, budget: budget))
    }

    package var refusal: SpoolError? { state.withLock { $0.refusal } }
    package var residentOctets: Int { budget.used }

    package func makeQueueID(at now: Timestamp) -> QueueID {
        ids.make()
    }

    package func openPort(
        arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void
    ) -> SpoolPort {
        state.withLock { $0.openPort(arrivals: arrivals, receive: receive) }
    }

    package func submit(_ operations: [SpoolOperation], from port: SpoolPort) {
        let deliveries = state.withLock { state in
            state.submit(operations, from: port)
            return state.automatic ? state.commit() : []
        }
        run(deliveries)
    }

    package func expectAttempts(through upstream: String?) {
        precondition(upstream == nil || !recordsAttemptsAtDots, "attempts are recorded at their dots, not before")
        state.withLock { $0.expectedUpstream = upstream }
    }

    package func noteFinalDot(of id: QueueID) {
        state.withLock { state in
            state.notedDots.append(id)
            if state.contents.messages[id]?.message.openAttempt == nil { state.unrecordedDots.append(id) }
        }
    }

    package var pastFinalDot: Set<QueueID>? {
        state.withLock { state in
            Set(state.notedDots.filter { state.contents.messages[$0]?.message.openAttempt != nil })
        }
    }

    /// Messages whose final dot was announced, in order.
    package var notedDots: [QueueID] { state.withLock { $0.notedDots } }

    /// Those among them whose attempt was not on record: there must be none.
    package var unrecordedDots: [QueueID] { state.withLock { $0.unrecordedDots } }

    package func load(_ ids: [QueueID], receive: @escaping @Sendable ([LoadResult]) -> Void) {
        run(
            state.withLock { state in
                state.read { state in
                    let results = ids.map { state.load($0) }
                    return { receive(results) }
                }
            })
    }

    package func read(
        _ reader: ContentReader, receive: @escaping @Sendable (Result<ContentPart, SpoolError>) -> Void
    ) {
        guard let reader = reader as? FaultyContentReader else {
            preconditionFailure("a reader is used with the spool that made it")
        }
        run(
            state.withLock { state in
                state.read { state in
                    let result = state.part(of: reader)
                    return { receive(result) }
                }
            })
    }

    /// What ``schedule()`` returns.
    package var waiting: [ScheduledMessage] { state.withLock { $0.schedule() } }

    package func schedule() async throws -> [ScheduledMessage] {
        state.withLock { state in
            state.scheduleReads += 1
            return state.schedule()
        }
    }

    /// How often ``schedule()`` was called.
    package var scheduleReads: Int { state.withLock { $0.scheduleReads } }

    package func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage] {
        state.withLock { state in
            state.contents.messages.values.map(\.message).filter { message in last.map { message.id > $0 } ?? true }
                .sorted { $0.id < $1.id }
        }.prefix(limit).map { $0 }
    }

    package func message(_ id: QueueID) async throws -> SpooledMessage? {
        state.withLock { $0.contents.messages[id]?.message }
    }

    package func attempts(of id: QueueID) async throws -> [AttemptRecord] {
        state.withLock { $0.contents.ledger[id] ?? [] }
    }

    package func openContent(of id: QueueID) async throws -> ContentReader? {
        content(of: id).map { FaultyContentReader(bytes: $0) }
    }

    package func statistics(at now: Timestamp) async throws -> SpoolStatistics {
        state.withLock { $0.statistics() }
    }

    package func close() async {
        run(
            state.withLock { state in
                let deliveries = state.commit()
                state.isClosed = true
                return deliveries
            })
    }

    private func run(_ deliveries: [@Sendable () -> Void]) {
        for delivery in deliveries { delivery() }
    }
}

extension FaultySpool {
    /// Commits everything submitted, as one group.
    package func commit() {
        run(state.withLock { $0.commit() })
    }

    /// From now on each submission is committed at once, or waits for ``commit()``.
    package func setAutomatic(_ automatic: Bool) {
        run(
            state.withLock { state in
                state.automatic = automatic
                return automatic ? state.commit() : []
            })
    }

    /// Sets the value of ``refusal``.
    package func setRefusal(_ error: SpoolError?) {
        state.withLock { $0.refusal = error }
    }

    /// The next committed operation of this kind fails with this error.
    package func failNext(_ kind: Fault, with error: SpoolError) {
        state.withLock { $0.faults[kind, default: []].append(error) }
    }

    /// If true, answers to `load` and `read` wait until ``answerReads()``.
    package func setHoldsReads(_ holds: Bool) {
        state.withLock { $0.holdsReads = holds }
    }

    /// Answers every waiting `load` and `read`, in order.
    package func answerReads() {
        run(state.withLock { $0.takeReads() })
    }

    /// From now on content is delivered through a reader rather than from memory.
    package func setStoresContent(_ stores: Bool) {
        state.withLock { $0.storesContent = stores }
    }

    /// Adds a message to the spool as if it had been there at the start.
    package func insert(_ message: SpooledMessage, content: ByteBuffer) {
        state.withLock { $0.insert(message, content: content) }
    }

    /// From now on `load` finds this message's content corrupted.
    package func spoil(_ id: QueueID) {
        state.withLock { _ = $0.spoilt.insert(id) }
    }

    /// Every operation so far, in order of submission, committed or not.
    package var operations: [SpoolOperation] { state.withLock { $0.operations } }

    /// Number of operations waiting for ``commit()``.
    package var pendingOperations: Int { state.withLock { $0.pending.count } }

    /// Number of calls of `submit`.
    package var submissions: Int { state.withLock { $0.submissions } }

    /// The messages in the spool, by queue ID.
    package var messages: [SpooledMessage] {
        state.withLock { $0.contents.messages.values.map(\.message) }.sorted { $0.id < $1.id }
    }

    /// The recipients of a message that left with a failure; nil if there is none.
    package func lastRecipients(of id: QueueID) -> [Recipient]? {
        state.withLock { $0.contents.last[id] }
    }

    /// Streams that were opened and neither accepted nor abandoned.
    package var openStreams: Int { state.withLock { $0.streams.count } }

    /// Header and content of a message in wire form; nil if it is not in the spool.
    package func content(of id: QueueID) -> ByteBuffer? {
        state.withLock { $0.contents.messages[id]?.content }
    }

    /// The content of a message as text, for comparison.
    package func text(of id: QueueID) -> String? {
        content(of: id).map { String(buffer: $0) }
    }

    /// Returns once this many operations have been submitted since the start; for tests with real event loops.
    package func waitForOperations(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let reached = state.withLock { state in
                if state.operations.count >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if reached { continuation.resume() }
        }
    }
}
