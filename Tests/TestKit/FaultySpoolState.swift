internal import Mail
internal import NIOCore
internal import Spool

/// The state of a ``FaultySpool``; a value under its lock. Calls to make are returned as closures.
struct FaultySpoolState {
    typealias Fault = FaultySpool.Fault

    private struct Port {
        let arrivals: Bool
        let receive: @Sendable ([SpoolCompletion]) -> Void
    }

    var automatic: Bool
    var refusal: SpoolError?
    var faults: [Fault: [SpoolError]] = [:]
    var holdsReads = false
    var storesContent = false
    var isClosed = false
    var operations: [SpoolOperation] = []
    var submissions = 0
    var scheduleReads = 0
    var pending: [(SpoolOperation, SpoolPort)] = []
    /// Outcomes that could not be written; nobody waits for them any more.
    private var kept: [SpoolOperation] = []
    private(set) var contents = SpoolContents()
    var spoilt: Set<QueueID> = []
    var expectedUpstream: String?
    var notedDots: [QueueID] = []
    var unrecordedDots: [QueueID] = []
    var streams: [ContentStream: ByteBuffer] = [:]
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var resubmissions: [[UInt8]: (id: QueueID, known: Resubmission)] = [:]
    private var arrivals: [QueuedMessage] = []
    private var failedStreams: Set<ContentStream> = []
    private var heldReads: [(inout FaultySpoolState) -> @Sendable () -> Void] = []
    private var ports: [Port] = []
    private let ids: FaultyQueueIDs
    private let budget: MemoryBudget

    init(automatic: Bool, ids: FaultyQueueIDs, budget: MemoryBudget) {
        self.automatic = automatic
        self.ids = ids
        self.budget = budget
    }

    mutating func openPort(
        arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void
    ) -> SpoolPort {
        ports.append(Port(arrivals: arrivals, receive: receive))
        return SpoolPort(rawValue: ports.count - 1)
    }

    mutating func submit(_ batch: [SpoolOperation], from port: SpoolPort) {
        submissions += 1
        operations += batch
        pending += batch.map { ($0, port) }
        let count = operations.count
        for waiter in waiters where waiter.count <= count { waiter.continuation.resume() }
        waiters.removeAll { $0.count <= count }
    }

    /// Applies what is pending and returns the calls that notify the ports.
    mutating func commit() -> [@Sendable () -> Void] {
        var completions = [[SpoolCompletion]](repeating: [], count: ports.count)
        let group = kept.map { ($0, SpoolPort(rawValue: 0)) } + pending
        kept.removeAll()
        for (operation, port) in group {
            if let completion = apply(operation) { completions[port.rawValue].append(completion) }
            for message in takeArrivals() {
                for index in ports.indices where ports[index].arrivals { completions[index].append(.arrived(message)) }
            }
        }
        pending.removeAll()
        return zip(ports, completions).filter { !$1.isEmpty }.map { port, batch in { port.receive(batch) } }
    }

    private mutating func apply(_ operation: SpoolOperation) -> SpoolCompletion? {
        switch operation {
        case .accept(let new, let ticket): return accept(new, ticket: ticket)
        case .append(let stream, let bytes): return append(bytes, to: stream)
        case .abandon(let stream):
            streams[stream] = nil
            failedStreams.remove(stream)
            return nil
        case .beginAttempt(let id, let attempt):
            if let error = fault(.beginAttempt) { return .attemptNotRecorded(id, error) }
            let isFound = contents.apply(.begin(id, attempt))
            return isFound ? .attemptRecorded(id) : .attemptNotRecorded(id, .gone)
        case .settle(let settlement, let ticket):
            return conclude(.settle(settlement), ticket, keeping: .settle(settlement))
        case .change(let ids, let change, let ticket):
            if let error = fault(.settle) { return .notChanged(ticket: ticket, error) }
            let result = contents.change(ids, change)
            insert(result.settled.flatMap(\.notices))
            return .changed(ticket: ticket, result.found)
        }
    }

    /// Records an outcome; returns its answer if somebody waits for one.
    private mutating func conclude(
        _ change: SpoolContents.Change, _ ticket: UInt64?, keeping outcome: SpoolOperation
    ) -> SpoolCompletion? {
        if let error = fault(.settle) {
            if error.code != .closed { kept.append(outcome) }
            return ticket.map { .notSettled(ticket: $0, error) }
        }
        var notices: [SpoolContents.Notice] = []
        if case .settle(let settlement) = change { notices = contents.notices(of: settlement) }
        let isFound = contents.apply(change)
        insert(notices)
        return ticket.map { isFound ? .settled(ticket: $0) : .notSettled(ticket: $0, .gone) }
    }

    private mutating func insert(_ notices: [SpoolContents.Notice]) {
        for (message, content) in notices {
            _ = contents.apply(.insert(message, content))
            arrivals.append(QueuedMessage(message: message, content: hand(out: content)))
        }
    }

    private mutating func accept(_ new: NewMessage, ticket: UInt64) -> SpoolCompletion {
        if let error = fault(.accept) {
            if case .stream(let stream) = new.content { streams[stream] = nil }
            return .refused(ticket: ticket, error)
        }
        var content = new.header
        switch new.content {
        case .whole(let bytes): content.writeImmutableBuffer(bytes)
        case .stream(let stream):
            guard let bytes = streams.removeValue(forKey: stream) else {
                return .refused(ticket: ticket, SpoolError(.inputOutput, "the stream is not open"))
            }
            content.writeImmutableBuffer(bytes)
        }
        if let known = earlier(new, ticket: ticket) { return known }
        var message = new.message
        if let expectedUpstream, message.isExpected(through: expectedUpstream) {
            message.openAttempt = OpenAttempt(
                upstream: expectedUpstream, startedAt: message.receivedAt, recipients: Array(message.recipients.indices)
            )
        }
        _ = contents.apply(.insert(message, content))
        arrivals.append(QueuedMessage(message: message, content: hand(out: content)))
        return .accepted(ticket: ticket)
    }

    /// The answer to a resubmitted message; otherwise records its key.
    private mutating func earlier(_ new: NewMessage, ticket: UInt64) -> SpoolCompletion? {
        guard let resubmission = new.resubmission else { return nil }
        if let (id, known) = resubmissions[resubmission.key], known.expiresAt > resubmission.submittedAt {
            guard known.envelope == resubmission.envelope else {
                return .refused(ticket: ticket, SpoolError(.contradiction, "used for another message"))
            }
            if contents.messages[id]?.message.isLost != true { return .resubmitted(ticket: ticket, id) }
        }
        resubmissions[resubmission.key] = (new.message.id, resubmission)
        return nil
    }

    private mutating func takeArrivals() -> [QueuedMessage] {
        defer { arrivals = [] }
        return arrivals
    }

    private mutating func append(_ bytes: ByteBuffer, to stream: ContentStream) -> SpoolCompletion? {
        if failedStreams.contains(stream) { return nil }
        if let error = fault(.append) {
            failedStreams.insert(stream)
            streams[stream] = nil
            return .appendFailed(stream, error)
        }
        streams[stream, default: ByteBuffer()].writeImmutableBuffer(bytes)
        return .appended(stream, octets: bytes.readableBytes)
    }

    /// The error of the next scripted fault of this kind, which is consumed.
    private mutating func fault(_ kind: Fault) -> SpoolError? {
        if isClosed { return SpoolError(.closed, "the spool is closed") }
        guard let errors = faults[kind], !errors.isEmpty else { return nil }
        return faults[kind]?.removeFirst()
    }

    private func hand(out content: ByteBuffer) -> MessageContent {
        storesContent
            ? .stored(FaultyContentReader(bytes: content))
            : .resident(ResidentContent(parts: [content], budget: budget))
    }
}

extension FaultySpoolState {
    mutating func insert(_ message: SpooledMessage, content: ByteBuffer) {
        _ = contents.apply(.insert(message, content))
        ids.skip(message.id)
    }

    /// Runs a read now, or keeps it for later; returns the calls to make.
    mutating func read(
        _ body: @escaping (inout FaultySpoolState) -> @Sendable () -> Void
    ) -> [@Sendable () -> Void] {
        heldReads.append(body)
        return holdsReads ? [] : takeReads()
    }

    mutating func takeReads() -> [@Sendable () -> Void] {
        let reads = heldReads
        heldReads.removeAll()
        return reads.map { $0(&self) }
    }

    mutating func load(_ id: QueueID) -> LoadResult {
        if let error = fault(.load) { return .failed(id, error) }
        guard let stored = contents.messages[id] else { return .missing(id) }
        if spoilt.contains(id) { return .quarantined(id) }
        return .message(QueuedMessage(message: stored.message, content: hand(out: stored.content)))
    }

    mutating func part(of reader: FaultyContentReader) -> Result<ContentPart, SpoolError> {
        if let error = fault(.read) { return .failure(error) }
        return .success(reader.next())
    }

    func schedule() -> [ScheduledMessage] {
        contents.messages.values.map(\.message).compactMap(ScheduledMessage.init(waiting:)).sorted { $0.id < $1.id }
    }

    func statistics() -> SpoolStatistics {
        var sum = SpoolStatistics()
        for message in contents.messages.values.map(\.message).sorted(by: { $0.id < $1.id }) {
            sum.messages += 1
            sum.recipients += message.recipients.count
            sum.octets += message.size
            sum.oldestReceivedAt = min(sum.oldestReceivedAt ?? message.receivedAt, message.receivedAt)
            if message.recipients.contains(where: \.isWaiting) {
                let arrival = SpoolStatistics.Arrival(id: message.id, receivedAt: message.receivedAt)
                sum.firstWaiting = sum.firstWaiting ?? arrival
                sum.oldestWaitingReceivedAt = min(sum.oldestWaitingReceivedAt ?? message.receivedAt, message.receivedAt)
            }
            for (index, recipient) in message.recipients.enumerated() {
                let runs = message.openAttempt?.recipients.contains(index) ?? false
                sum.byState[runs ? "delivering" : recipient.state.rawValue, default: 0] += 1
                if message.notice != nil, !runs, recipient.state == .inDoubt { sum.noticesInDoubt += 1 }
            }
        }
        return sum
    }
}

extension SpoolError {
    fileprivate static let gone = SpoolError(.missing, "the message is not in the spool")
}

extension ScheduledMessage {
    /// The message's place in the schedule; nil if none of its recipients has work to do.
    fileprivate init?(waiting message: SpooledMessage) {
        let waiting = message.recipients.filter { !$0.isFinal && $0.state != .held }
        guard !waiting.isEmpty else { return nil }
        let due = waiting.map { $0.nextAttemptAt ?? message.receivedAt }.min() ?? message.receivedAt
        self.init(
            id: message.id, receivedAt: message.receivedAt, releaseAt: message.releaseAt, dueAt: due,
            priority: message.priority, flow: FlowKey(of: message), inDoubt: waiting.contains { $0.state == .inDoubt },
            isWarned: !waiting.contains { $0.isWaiting && !$0.wasWarned })
    }
}
