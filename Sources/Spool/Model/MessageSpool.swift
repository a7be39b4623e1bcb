package import Mail
package import NIOCore

/// Stores accepted mail until it is delivered: the only part of the relay that decides what is durable.
///
/// Its users are event loops. A user opens a port, submits operations in batches, once per tick of its loop, and
/// receives completions in batches, once per commit. No call blocks or waits for a disk, except the `async` ones that
/// serve operators.
///
/// Implementations: ``SQLiteSpool`` (one machine).
package protocol MessageSpool: Sendable {
    /// A new queue ID, greater than every earlier one of this spool.
    func makeQueueID(at now: Timestamp) -> QueueID

    /// Why nothing can be accepted at present (disk full, too little space, spool at its limit); nil if mail is
    /// welcome. Cheap enough for every MAIL.
    var refusal: SpoolError? { get }

    /// Octets of content currently in memory, for all messages.
    var residentOctets: Int { get }

    /// Opens a port. Completions of operations submitted through it are passed to `receive`, in batches, on one of the
    /// spool's threads; `receive` must only hop to where it belongs and return.
    ///
    /// - Parameter arrivals: whether this port is told of every message that any port commits
    ///   (``SpoolCompletion/arrived(_:)``); the delivery's port is.
    func openPort(arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void) -> SpoolPort

    /// Submits operations in order; never blocks.
    func submit(_ operations: [SpoolOperation], from port: SpoolPort)

    /// Messages accepted from now on will be handed to this upstream at once: they are committed with that attempt
    /// open, as if by `beginAttempt`, which they no longer need, unless they are scheduled. Nil if they may have to wait,
    /// and always where ``recordsAttemptsAtDots``.
    func expectAttempts(through upstream: String?)

    /// Whether an attempt is recorded only once its content is with the upstream, just before the final dot, which waits for
    /// the record: what doubts after a death then lies between the two. Else it is recorded as it begins.
    var recordsAttemptsAtDots: Bool { get }

    /// The final dot of this message is about to be written. Cheap; the record survives the process, though not the
    /// machine, until the outcome is durable.
    func noteFinalDot(of id: QueueID)

    /// The messages noted by ``noteFinalDot(of:)`` whose outcome is not durable yet; nil if nobody knows all of them.
    var pastFinalDot: Set<QueueID>? { get }

    /// Reads messages back for delivery; results come in the order of `ids`, on one of the spool's reader threads.
    func load(_ ids: [QueueID], receive: @escaping @Sendable ([LoadResult]) -> Void)

    /// The next part of content on disk; `receive` is called on a reader thread.
    func read(_ reader: ContentReader, receive: @escaping @Sendable (Result<ContentPart, SpoolError>) -> Void)

    /// Every message with work left, by queue ID; requested once, at the start of the delivery.
    func schedule() async throws -> [ScheduledMessage]

    /// One page of messages for operators, by queue ID, starting after `last`.
    func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage]

    /// Shows up to `limit` messages to `look`, by queue ID, starting after `last`, without decoding what it does not use.
    ///
    /// - Parameter result: what `look` collects; it is called on one of the spool's threads.
    /// - Returns: the result, and the last message looked at; nil at the end.
    func scan<Result: Sendable>(
        after last: QueueID?, limit: Int, into result: Result,
        _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> (result: Result, last: QueueID?)

    /// Shows those of these messages that are in the spool to `look`, in the order of `ids`; returns what it collected.
    func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result

    /// One message; nil if it is not (or no longer) in the spool.
    func message(_ id: QueueID) async throws -> SpooledMessage?

    /// A message's attempts so far, oldest first; the current one is in the message itself.
    func attempts(of id: QueueID) async throws -> [AttemptRecord]

    /// The content of a message as sent (the relay's own header first), for reading part by part.
    func openContent(of id: QueueID) async throws -> ContentReader?

    func statistics(at now: Timestamp) async throws -> SpoolStatistics

    /// Commits everything submitted, stops the threads and closes the files; later operations are refused.
    func close() async
}

extension MessageSpool {
    package var recordsAttemptsAtDots: Bool { false }

    package var pastFinalDot: Set<QueueID>? { nil }

    package func scan<Result: Sendable>(
        after last: QueueID?, limit: Int, into result: Result,
        _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> (result: Result, last: QueueID?) {
        var result = result
        let page = try await list(after: last, limit: limit)
        for message in page { MessageGlance.with(message) { look(&result, $0) } }
        return (result, page.last?.id)
    }

    package func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result {
        var result = result
        for id in ids {
            if let message = try await message(id) { MessageGlance.with(message) { look(&result, $0) } }
        }
        return result
    }
}

/// Identifies an open port.
package struct SpoolPort: Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// Identifies content that is being appended part by part before its message is committed.
package struct ContentStream: Hashable, Sendable {
    package let port: SpoolPort
    package let number: UInt64

    package init(port: SpoolPort, number: UInt64) {
        self.port = port
        self.number = number
    }
}

/// Requests to the spool.
package enum SpoolOperation: Sendable {
    /// Make a message durable; answered by `accepted`, `resubmitted` or `refused` with the ticket.
    indirect case accept(NewMessage, ticket: UInt64)
    /// Append a part of a large message's content; the first part opens the stream. Answered by `appended`, or once by
    /// `appendFailed`, after which parts of this stream are dropped.
    case append(ContentStream, ByteBuffer)
    /// Discard a stream whose message will not come; its octets are dead space.
    case abandon(ContentStream)
    /// Record durably that an attempt starts, before anything is sent that could commit the mail elsewhere; answered by
    /// `attemptRecorded` or `attemptNotRecorded`.
    indirect case beginAttempt(QueueID, OpenAttempt)
    /// Record what an attempt came to. The spool repeats it until it is durable, and an attempt of the same message that
    /// is submitted later is recorded later. Without a ticket it is not answered, and may wait a little for company;
    /// with one it is answered once, by `settled` or `notSettled`.
    indirect case settle(Settlement, ticket: UInt64? = nil)
    /// Change waiting messages, in one commit. Answered by `changed` with the messages as they were, or by `notChanged`; it is
    /// not repeated.
    indirect case change([QueueID], MessageChange, ticket: UInt64)
}

package enum SpoolCompletion: Sendable {
    case accepted(ticket: UInt64)
    /// The message was accepted before, under this queue ID, and is not accepted again (``NewMessage/resubmission``).
    case resubmitted(ticket: UInt64, QueueID)
    case refused(ticket: UInt64, SpoolError)
    /// This many octets of the stream have reached the file: the sender may read on.
    case appended(ContentStream, octets: Int)
    case appendFailed(ContentStream, SpoolError)
    case attemptRecorded(QueueID)
    case attemptNotRecorded(QueueID, SpoolError)
    /// The outcome is durable.
    case settled(ticket: UInt64)
    /// The outcome is not durable: there is no such message (`missing`), the spool is `closed`, or the commit failed. Only
    /// in the last case the spool keeps the outcome and writes it as soon as it can.
    case notSettled(ticket: UInt64, SpoolError)
    /// The messages as they were found, in the order of the request; nil for one that is not in the spool.
    indirect case changed(ticket: UInt64, [SpooledMessage?])
    case notChanged(ticket: UInt64, SpoolError)
    /// Some port committed a message; its content is still in memory if the budget allows.
    indirect case arrived(QueuedMessage)
}

package enum LoadResult: Sendable {
    case message(QueuedMessage)
    /// Gone since, or held: nothing to deliver.
    case missing(QueueID)
    /// The content does not match its checksum; the spool has put the message on hold.
    case quarantined(QueueID)
    /// The disk could not be read; try again later.
    case failed(QueueID, SpoolError)
}
