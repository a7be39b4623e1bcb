import Mail
import NIOCore
import TestKit

@testable import Spool

/// The spool of one life of the relay: group commits that take time, in the order and with the answers of the real one,
/// onto a disk that survives it. What a change does is in ``SpoolContents``; why this is not ``FaultySpool``, in its comment.
final class SimulatedSpool: MessageSpool, @unchecked Sendable {
    // Safety: a run, with everything that belongs to it, is confined to one thread.

    /// How long operations take.
    struct Tempo {
        var commit: ClosedRange<Duration>
        var read: ClosedRange<Duration>
        /// Percentage of contents not kept in memory.
        var storedPercent: Int
        /// Attempts are said to be on record before they are: what the oracle must find.
        var liesAboutAttempts = false
    }

    private struct Port {
        let arrivals: Bool
        let receive: @Sendable ([SpoolCompletion]) -> Void
    }

    private enum Work {
        case operation(SpoolOperation, SpoolPort)
        case load([QueueID], @Sendable ([LoadResult]) -> Void)
    }

    private struct Staged {
        let what: SimulatedDisk.Operation
        let port: SpoolPort
        let ticket: UInt64?

        init(_ change: SpoolContents.Change, _ port: SpoolPort, _ ticket: UInt64? = nil) {
            (what, self.port, self.ticket) = (.change(change), port, ticket)
        }

        init(_ ids: [QueueID], _ change: MessageChange, _ port: SpoolPort, _ ticket: UInt64) {
            (what, self.port, self.ticket) = (.order(ids, change), port, ticket)
        }

        /// The message of an outcome; nil for an order.
        var id: QueueID? {
            if case .change(let change) = what { change.id } else { nil }
        }
    }

    private static let lazyWait = Duration.milliseconds(20)
    private static let retryInterval = Duration.seconds(1)

    private let disk: SimulatedDisk
    private let loop: SimulatedLoop
    private let oracle: Oracle
    private let tempo: Tempo
    let recordsAttemptsAtDots: Bool
    private let random: Chance
    private let budget = MemoryBudget(limit: 1 << 30)
    private var ids: QueueIDGenerator
    private var ports: [Port] = []
    private var inbox: [Work] = []
    private var kept: [Staged] = []
    private var group: [Staged] = []
    private var loads: [(ids: [QueueID], receive: @Sendable ([LoadResult]) -> Void)] = []
    private var isWriting = false
    private var wake: Timeline.Entry?
    private var isWakeUrgent = false
    private var expected: String?
    private(set) var refusal: SpoolError?
    private var isRetrying = false
    private var isOver = false
    /// Orders whose answers the relay has not heard.
    private var orders: [(ticket: UInt64, port: SpoolPort)] = []
    private var answering = 0
    /// When an attempt could not be recorded for the last time.
    private var unrecordedAt: Int64?

    init(
        _ disk: SimulatedDisk, _ loop: SimulatedLoop, _ oracle: Oracle, _ tempo: Tempo, _ random: Chance,
        recordsAttemptsAtDots: Bool
    ) {
        self.recordsAttemptsAtDots = recordsAttemptsAtDots
        self.disk = disk
        self.loop = loop
        self.oracle = oracle
        self.tempo = tempo
        self.random = random
        self.ids = QueueIDGenerator(after: disk.floor)
    }

    /// Whether everything requested has been done and answered.
    var isQuiet: Bool { inbox.isEmpty && kept.isEmpty && !isWriting && loads.isEmpty && wake == nil }

    /// Whether answers to orders are on their way to the relay.
    var isAnsweringOrders: Bool { answering > 0 }

    func makeQueueID(at now: Timestamp) -> QueueID { ids.next(at: now) }
    var residentOctets: Int { budget.used }

    func openPort(arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void) -> SpoolPort {
        ports.append(Port(arrivals: arrivals, receive: receive))
        return SpoolPort(rawValue: ports.count - 1)
    }

    func expectAttempts(through upstream: String?) {
        if recordsAttemptsAtDots, upstream != nil { oracle.problem("attempts are expected that are recorded later") }
        expected = upstream
    }

    func noteFinalDot(of id: QueueID) {
        guard !isOver else { return }
        oracle.noted(id, disk.messages[id]?.message)
        disk.dots.insert(id)
    }

    func submit(_ operations: [SpoolOperation], from port: SpoolPort) {
        guard !isOver else { return }
        inbox += operations.map { .operation($0, port) }
        checkPause(operations)
        if tempo.liesAboutAttempts { lie(about: operations, port) }
        writeSoon(isUrgent: operations.contains(where: \.isUrgent))
    }

    func load(_ ids: [QueueID], receive: @escaping @Sendable ([LoadResult]) -> Void) {
        guard !isOver else { return }
        inbox.append(.load(ids, receive))
        writeSoon(isUrgent: true)
    }

    func read(_ reader: ContentReader, receive: @escaping @Sendable (Result<ContentPart, SpoolError>) -> Void) {
        guard let reader = reader as? SimulatedReader, !isOver else { return }
        after(random.duration(tempo.read)) { receive(.success(reader.next())) }
    }

    private func lie(about operations: [SpoolOperation], _ port: SpoolPort) {
        let answers = operations.compactMap { operation -> SpoolCompletion? in
            if case .beginAttempt(let id, _) = operation { .attemptRecorded(id) } else { nil }
        }
        if !answers.isEmpty { ports[port.rawValue].receive(answers) }
    }

    /// For a second after an attempt could not be recorded, none begins.
    private func checkPause(_ operations: [SpoolOperation]) {
        guard let unrecordedAt, (50_000_000..<990_000_000).contains(loop.timeline.now - unrecordedAt) else { return }
        let since = Simulation.epoch + .nanoseconds(unrecordedAt) + .milliseconds(50)
        for case .beginAttempt(let id, let attempt) in operations
        where !recordsAttemptsAtDots || attempt.startedAt > since {
            oracle.problem("message \(id): an attempt begins while none can be recorded")
        }
    }

    /// The relay dies. A running commit has reached the disk entirely or not at all.
    func crash() {
        if !group.isEmpty, !disk.isFull, random.percent(50) {
            _ = disk.commit(group.map(\.what))
        }
        group = []
        isOver = true
        loads = []
        inbox = []
    }

    /// Nobody waits for the answer to an order any more; only so that its promise is kept.
    func abandonOrders() {
        for order in orders {
            ports[order.port.rawValue].receive([.notChanged(ticket: order.ticket, SpoolError(.closed, "dead"))])
        }
        orders = []
        ports = []
    }

    private func after(_ duration: Duration, _ body: @escaping () -> Void) {
        loop.at(loop.timeline.now + duration.nanoseconds, body)
    }

    // MARK: - The writer

    private func writeSoon(isUrgent: Bool) {
        guard !isWriting, wake == nil || (isUrgent && !isWakeUrgent) else { return }
        wake?.callOff()
        isWakeUrgent = isUrgent
        let delay = isUrgent ? Duration.zero : Self.lazyWait
        wake = loop.at(loop.timeline.now + delay.nanoseconds) { [unowned self] in write() }
    }

    private func write() {
        wake = nil
        isWriting = true
        let work = inbox
        inbox = []
        var refused: [[SpoolCompletion]] = ports.map { _ in [] }
        group = kept
        kept = []
        for item in work {
            switch item {
            case .operation(let operation, let port): stage(operation, port, &refused)
            case .load(let ids, let receive): loads.append((ids, receive))
            }
        }
        deliver(refused)
        guard !group.isEmpty else { return concluded() }
        after(random.duration(tempo.commit)) { [unowned self] in finish() }
    }

    private func stage(_ operation: SpoolOperation, _ port: SpoolPort, _ refused: inout [[SpoolCompletion]]) {
        switch operation {
        case .accept(let new, let ticket):
            if let refusal {
                oracle.refused(new.message.id)
                refused[port.rawValue].append(.refused(ticket: ticket, refusal))
                return
            }
            var message = new.message
            if let expected, message.isExpected(through: expected) {
                message.openAttempt = OpenAttempt(
                    upstream: expected, startedAt: oracle.present, recipients: Array(message.recipients.indices))
            }
            var content = new.header
            guard case .whole(let bytes) = new.content else { preconditionFailure("nobody here appends content") }
            content.writeImmutableBuffer(bytes)
            group.append(Staged(.insert(message, content), port, ticket))
        case .beginAttempt(let id, let attempt): group.append(Staged(.begin(id, attempt), port))
        case .settle(let settlement, let ticket): group.append(Staged(.settle(settlement), port, ticket))
        case .change(let ids, let change, let ticket):
            orders.append((ticket, port))
            group.append(Staged(ids, change, port, ticket))
        case .append, .abandon: preconditionFailure("nobody here appends content")
        }
    }

    /// Without room, everything but new mail may go on from the reserve.
    private func finish() {
        var answers: [[SpoolCompletion]] = ports.map { _ in [] }
        var arrivals: [SpoolCompletion] = []
        if disk.isFull {
            refuseInserts(&answers)
            if !disk.takeRoom(group.count) { fail(&answers) }
            retryLater()
        }
        for (staged, effect) in zip(group, disk.commit(group.map(\.what))) {
            conclude(staged, effect, &answers, &arrivals)
        }
        group = []
        deliver(answers, arrivals)
        concluded()
    }

    private func conclude(
        _ staged: Staged, _ effect: SimulatedDisk.Effect, _ answers: inout [[SpoolCompletion]],
        _ arrivals: inout [SpoolCompletion]
    ) {
        let ticket = staged.ticket
        arrivals += effect.notices.map { .arrived(QueuedMessage(message: $0, content: hand(out: $1))) }
        switch staged.what {
        case .change(.insert(let message, let content)):
            answers[staged.port.rawValue].append(.accepted(ticket: ticket ?? 0))
            oracle.acknowledged(message.id)
            arrivals.append(.arrived(QueuedMessage(message: message, content: hand(out: content))))
        case .change(.begin) where tempo.liesAboutAttempts: break
        case .change(.begin(let id, _)):
            answers[staged.port.rawValue].append(
                effect.isFound ? .attemptRecorded(id) : .attemptNotRecorded(id, SpoolError(.missing, "missing")))
        case .change(.settle):
            if let id = staged.id { disk.dots.remove(id) }
            guard let ticket else { return }
            answers[staged.port.rawValue].append(
                effect.isFound ? .settled(ticket: ticket) : .notSettled(ticket: ticket, SpoolError(.missing, "missing"))
            )
        case .order:
            answers[staged.port.rawValue].append(.changed(ticket: ticket ?? 0, effect.found))
        }
    }

    private func refuseInserts(_ answers: inout [[SpoolCompletion]]) {
        let error = SpoolError(.full, "no space")
        refusal = error
        for staged in group where staged.what.isInsert {
            if let id = staged.id { oracle.refused(id) }
            answers[staged.port.rawValue].append(.refused(ticket: staged.ticket ?? 0, error))
        }
        group.removeAll(where: \.what.isInsert)
    }

    /// Outcomes are kept until they are durable; everything else is refused.
    private func fail(_ answers: inout [[SpoolCompletion]]) {
        let error = SpoolError(.full, "no space")
        for staged in group {
            switch staged.what {
            case .change(.insert): break
            case .change(.begin(let id, _)):
                unrecordedAt = loop.timeline.now
                answers[staged.port.rawValue].append(.attemptNotRecorded(id, error))
            case .change(let outcome):
                kept.append(Staged(outcome, staged.port))
                if let ticket = staged.ticket {
                    answers[staged.port.rawValue].append(.notSettled(ticket: ticket, error))
                }
            case .order:
                answers[staged.port.rawValue].append(.notChanged(ticket: staged.ticket ?? 0, error))
            }
        }
        group = []
    }

    private func retryLater() {
        guard !isRetrying else { return }
        isRetrying = true
        after(Self.retryInterval) { [unowned self] in
            isRetrying = false
            if !disk.isFull { refusal = nil }
            if refusal != nil { retryLater() }
            if !kept.isEmpty || refusal == nil { writeSoon(isUrgent: true) }
        }
    }

    /// Ports that listen to arrivals come last.
    private func deliver(_ answers: [[SpoolCompletion]], _ arrivals: [SpoolCompletion] = []) {
        for listens in [false, true] {
            for (port, own) in zip(ports, answers) where port.arrivals == listens {
                let all = listens ? own + arrivals : own
                if !all.isEmpty { port.receive(all) }
            }
        }
        // The relay hears it in a later step, before this one.
        let heard = answers.flatMap { $0.compactMap(\.orderTicket) }
        guard !heard.isEmpty else { return }
        answering += 1
        loop.execute { [unowned self] in
            answering -= 1
            orders.removeAll { heard.contains($0.ticket) }
        }
    }

    private func concluded() {
        isWriting = false
        passOnLoads()
        if !inbox.isEmpty { writeSoon(isUrgent: true) }
    }

    // MARK: - The reader

    private func passOnLoads() {
        let passed = loads
        loads = []
        let unsettled = Set(kept.compactMap(\.id))
        for load in passed {
            after(random.duration(tempo.read)) { [unowned self] in
                load.receive(load.ids.map { result(of: $0, unsettled) })
            }
        }
    }

    private func result(of id: QueueID, _ unsettled: Set<QueueID>) -> LoadResult {
        if unsettled.contains(id) { return .failed(id, SpoolError(.inputOutput, "not recorded yet")) }
        guard let stored = disk.messages[id],
            DueState(stored.message.recipients).nextAttemptAt != nil
        else { return .missing(id) }
        return .message(QueuedMessage(message: stored.message, content: hand(out: stored.content)))
    }

    private func hand(out content: ByteBuffer) -> MessageContent {
        if random.percent(tempo.storedPercent) { return .stored(SimulatedReader(content)) }
        return .resident(ResidentContent(parts: [content], budget: budget))
    }

    // MARK: - Unused operations

    func schedule() async throws -> [ScheduledMessage] { disk.schedule }
    func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage] { [] }
    func message(_ id: QueueID) async throws -> SpooledMessage? { disk.messages[id]?.message }
    func attempts(of id: QueueID) async throws -> [AttemptRecord] { [] }
    func openContent(of id: QueueID) async throws -> ContentReader? { nil }
    func statistics(at now: Timestamp) async throws -> SpoolStatistics { SpoolStatistics() }
    func close() async {}
}

/// Content stored on the disk.
final class SimulatedReader: ContentReader, @unchecked Sendable {
    // Safety: a run, with everything that belongs to it, is confined to one thread.
    private let whole: ByteBuffer
    private var rest: ByteBuffer

    init(_ content: ByteBuffer) {
        whole = content
        rest = content
        super.init(octets: content.readableBytes)
    }

    func next() -> ContentPart {
        let part = rest.readSlice(length: min(rest.readableBytes, 16 << 10)) ?? ByteBuffer()
        return ContentPart(bytes: part, isLast: rest.readableBytes == 0)
    }

    override func fromStart() -> ContentReader { SimulatedReader(whole) }
}

extension SpoolOperation {
    /// Whether somebody waits for it.
    fileprivate var isUrgent: Bool {
        switch self {
        case .accept, .append, .abandon, .beginAttempt, .change: true
        case .settle(_, let ticket): ticket != nil
        }
    }
}

extension SpoolCompletion {
    fileprivate var orderTicket: UInt64? {
        switch self {
        case .changed(let ticket, _), .notChanged(let ticket, _): ticket
        case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
            .settled, .notSettled, .arrived:
            nil
        }
    }
}
