package import Mail
package import NIOCore

/// One event loop's access to the spool; confined to that loop.
///
/// Operations gather during a tick of the loop and go to the spool together at its end. Completions come once per commit.
package final class SpoolClient {
    package typealias Acknowledgement = (Result<Void, SpoolError>) -> Void

    package let spool: any MessageSpool
    private let eventLoop: any EventLoop
    private var port: SpoolPort?
    private var receive: ([SpoolCompletion]) -> Void = { _ in }
    private var operations: [SpoolOperation] = []
    private var lastBatch = 0
    private var lastStream: UInt64 = 0
    private var lastTicket: UInt64 = 0
    private var waiting: [UInt64: Acknowledgement] = [:]
    private var changing: [UInt64: (Result<[SpooledMessage?], SpoolError>) -> Void] = [:]

    package init(spool: any MessageSpool, eventLoop: any EventLoop) {
        self.spool = spool
        self.eventLoop = eventLoop
    }

    /// Opens the client's port; once, and before anything is added.
    ///
    /// - Parameters:
    ///   - arrivals: whether to report every committed message.
    ///   - receive: receives the completions of a commit on the loop, except those of `settle` and `change`.
    package func open(arrivals: Bool, receive: @escaping ([SpoolCompletion]) -> Void) {
        precondition(port == nil, "a client has one port")
        self.receive = receive
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        port = spool.openPort(arrivals: arrivals) { completions in
            eventLoop.execute { bound.value.completed(completions) }
        }
    }

    /// Identifies content that is to be appended part by part.
    package func makeStream() -> ContentStream {
        lastStream += 1
        return ContentStream(port: openedPort, number: lastStream)
    }

    // MARK: - Operations

    /// Submits an operation at the end of this tick.
    package func add(_ operation: SpoolOperation) {
        if operations.isEmpty {
            operations.reserveCapacity(lastBatch)
            eventLoop.assumeIsolated().execute { self.flush() }
        }
        operations.append(operation)
    }

    /// Records a state, and reports once whether it is durable (``SpoolCompletion/notSettled(ticket:_:)``).
    package func settle(_ settlement: Settlement, done: @escaping Acknowledgement) {
        add(.settle(settlement, ticket: ticket(for: done)))
    }

    /// Changes waiting messages, and reports once whether that is durable, with the messages as they were.
    package func change(
        _ ids: [QueueID], _ change: MessageChange, done: @escaping (Result<[SpooledMessage?], SpoolError>) -> Void
    ) {
        lastTicket += 1
        changing[lastTicket] = done
        add(.change(ids, change, ticket: lastTicket))
    }

    private func ticket(for acknowledgement: @escaping Acknowledgement) -> UInt64 {
        lastTicket += 1
        waiting[lastTicket] = acknowledgement
        return lastTicket
    }

    /// Submits at once what has been collected.
    package func flush() {
        guard !operations.isEmpty else { return }
        let batch = operations
        operations = []
        lastBatch = batch.count
        spool.submit(batch, from: openedPort)
    }

    /// Reads messages back in the state after everything added before.
    ///
    /// - Parameter receive: receives the results in the order of `ids`, on the loop.
    package func load(_ ids: [QueueID], receive: @escaping ([LoadResult]) -> Void) {
        flush()
        let bound = NIOLoopBound(receive, eventLoop: eventLoop)
        let eventLoop = eventLoop
        spool.load(ids) { results in
            eventLoop.execute { bound.value(results) }
        }
    }

    private var openedPort: SpoolPort {
        guard let port else { preconditionFailure("the client is opened before it is used") }
        return port
    }

    // MARK: - Completions

    private func completed(_ completions: [SpoolCompletion]) {
        guard !waiting.isEmpty || !changing.isEmpty else { return receive(completions) }
        let others = completions.filter { !acknowledge($0) }
        if !others.isEmpty { receive(others) }
    }

    /// - Returns: false for a completion that the receiver must get.
    private func acknowledge(_ completion: SpoolCompletion) -> Bool {
        switch completion {
        case .settled(let ticket): waiting.removeValue(forKey: ticket)?(.success(()))
        case .notSettled(let ticket, let error): waiting.removeValue(forKey: ticket)?(.failure(error))
        case .changed(let ticket, let found): changing.removeValue(forKey: ticket)?(.success(found))
        case .notChanged(let ticket, let error): changing.removeValue(forKey: ticket)?(.failure(error))
        case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
            .arrived:
            return false
        }
        return true
    }
}
