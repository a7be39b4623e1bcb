package import Mail
package import NIOCore
package import Spool
import Synchronization

/// Stores imported messages in the running relay's spool. A message is complete on disk before it is acknowledged, and
/// leaves nothing behind if it is refused.
package final class MessageIntake: Sendable {
    private let spool: any MessageSpool
    private let hostname: @Sendable () -> String
    private let names: @Sendable () -> Set<String>
    private let added: @Sendable () -> [String]
    private let now: @Sendable () -> Timestamp
    private let lead: @Sendable () -> Duration
    private let state = Mutex(State())

    private struct State {
        var port: SpoolPort?
        var last: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
    }

    /// Octets that are passed on together; less is stored whole.
    private static let partSize = 64 << 10

    /// - Parameters:
    ///   - hostname: the relay's own; like `names`, asked for each message, since a reload may change it.
    ///   - names: of header fields that routes match.
    ///   - added: of header fields that relay.conf adds.
    ///   - now: by the system's clock.
    ///   - lead: how far that is ahead of the steady clock.
    package init(
        _ spool: any MessageSpool, hostname: @autoclosure @escaping @Sendable () -> String,
        capturing names: @autoclosure @escaping @Sendable () -> Set<String>,
        adding added: @autoclosure @escaping @Sendable () -> [String] = [], now: @escaping @Sendable () -> Timestamp,
        lead: @escaping @Sendable () -> Duration = { .zero }
    ) {
        self.spool = spool
        self.hostname = hostname
        self.names = names
        self.added = added
        self.now = now
        self.lead = lead
    }

    /// Takes an exported file.
    ///
    /// - Parameter approve: called with the message when the file is complete and valid; if it throws, nothing is stored.
    /// - Returns: the message's new queue ID, once it is durable.
    /// - Throws: ``AdminError`` for a file that is not valid, ``SpoolError`` if it cannot be stored.
    package func take<Parts: AsyncSequence>(
        _ parts: Parts, approve: (SpooledMessage) async throws -> Void = { _ in }
    ) async throws -> QueueID where Parts.Element == ByteBuffer {
        if let refusal = spool.refusal { throw refusal }
        var imported = ImportedMessage(capturing: FieldNames(names().sorted(), added: added()))
        var stream: ContentStream?
        do {
            for try await part in parts {
                try imported.take(part)
                guard imported.held.readableBytes >= Self.partSize else { continue }
                if stream == nil { stream = makeStream() }
                try await append(imported.takePart(), to: stream)
            }
            try imported.end()
            if stream != nil, imported.held.readableBytes > 0 { try await append(imported.takePart(), to: stream) }
            let message = message(imported)
            try await approve(message)
            return try await accept(message, imported, stream)
        } catch {
            if let stream { spool.submit([.abandon(stream)], from: stream.port) }
            throw error
        }
    }

    /// Stores a message that the relay itself has written: nothing is sent about it, and it goes first.
    ///
    /// - Parameter write: gets the queue ID and the present moment; returns the message ID and the content, lines end with
    ///   CRLF.
    /// - Throws: ``SpoolError`` if it cannot be stored.
    package func take(
        to recipients: [Address], _ write: (QueueID, Timestamp) -> (messageID: String, content: [UInt8])
    ) async throws -> QueueID {
        let (id, moment) = try newID()
        let (messageID, content) = write(id, moment)
        let header = ByteBuffer(string: "X-Posthorse-ID: \(id)\r\n")
        var message = SpooledMessage(
            id: id, receivedAt: moment, sender: .null, body: .sevenBit, priority: .high, messageID: messageID,
            origin: "alert", size: header.readableBytes + content.count,
            recipients: recipients.map { Recipient(address: $0) })
        message.notice = .alert
        try await accept(NewMessage(message: message, header: header, content: .whole(ByteBuffer(bytes: content))))
        return id
    }

    /// For a message of the relay's own.
    func newID() throws(SpoolError) -> (id: QueueID, moment: Timestamp) {
        if let refusal = spool.refusal { throw refusal }
        let moment = now()
        return (spool.makeQueueID(at: moment), moment)
    }

    /// Returns once the message is durable.
    func accept(_ message: NewMessage) async throws {
        let ticket = makeNumber()
        try await submit(.accept(message, ticket: ticket), ticket)
    }

    private func accept(
        _ message: SpooledMessage, _ imported: ImportedMessage, _ stream: ContentStream?
    ) async throws -> QueueID {
        let content = stream.map { NewMessage.Content.stream($0) } ?? .whole(imported.held)
        let new = NewMessage(message: message, header: ByteBuffer(), content: content)
        try await accept(new)
        return message.id
    }

    /// Its life begins anew: waits and expiry count from now.
    private func message(_ imported: ImportedMessage) -> SpooledMessage {
        let (envelope, moment) = (imported.envelope, now())
        let id = spool.makeQueueID(at: moment)
        let messageID = imported.scanner.messageID
        var message = SpooledMessage(
            id: id, receivedAt: moment, sender: envelope.sender, body: envelope.body, contained: imported.body.needed,
            priority: envelope.priority, messageID: messageID.isEmpty ? "<\(id)@\(hostname())>" : messageID,
            origin: envelope.sourceID.map { "import of \($0)" } ?? "import", user: envelope.user,
            options: envelope.options,
            routing: RoutingFacts(
                route: envelope.route, headers: imported.scanner.values, relays: envelope.relays,
                sought: imported.scanner.sought, stream: envelope.stream),
            size: imported.size, recipients: envelope.recipients)
        message.notice = envelope.notice
        guard let time = envelope.releaseAt, time > moment else { return message }
        // Due times count by the steady clock.
        let steady = time - lead()
        message.releaseAt = steady
        for index in message.recipients.indices where message.recipients[index].state == .queued {
            message.recipients[index].markScheduled(until: steady)
        }
        return message
    }

    private func append(_ part: ByteBuffer, to stream: ContentStream?) async throws {
        guard let stream else { return }
        try await submit(.append(stream, part), stream.number)
    }

    // MARK: - The spool's port

    private func makeStream() -> ContentStream { ContentStream(port: port(), number: makeNumber()) }

    /// Unique among tickets and streams.
    private func makeNumber() -> UInt64 {
        state.withLock { state in
            state.last += 1
            return state.last
        }
    }

    private func submit(_ operation: SpoolOperation, _ number: UInt64) async throws {
        let port = port()
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { $0.waiting[number] = continuation }
            spool.submit([operation], from: port)
        }
    }

    private func port() -> SpoolPort {
        state.withLock { state in
            if let port = state.port { return port }
            let port = spool.openPort(arrivals: false) { [weak self] in self?.completed($0) }
            state.port = port
            return port
        }
    }

    private func completed(_ completions: [SpoolCompletion]) {
        for completion in completions {
            switch completion {
            case .accepted(let ticket): end(ticket, .success(()))
            case .refused(let ticket, let error): end(ticket, .failure(error))
            case .appended(let stream, _): end(stream.number, .success(()))
            case .appendFailed(let stream, let error): end(stream.number, .failure(error))
            case .resubmitted, .attemptRecorded, .attemptNotRecorded, .settled, .notSettled, .changed, .notChanged,
                .arrived:
                break
            }
        }
    }

    private func end(_ number: UInt64, _ result: Result<Void, any Error>) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(with: result)
    }
}
