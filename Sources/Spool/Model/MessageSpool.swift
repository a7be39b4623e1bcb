package import Mail
package import NIOCore

/// Where accepted mail lies until it is delivered: the only part of the relay that decides what is durable.
///
/// The users are event loops. A user opens a port, hands over operations in batches, once per tick of its loop, and
/// gets completions in batches, once per commit. No call here blocks, and no call waits for a disk, except the
/// `async` ones that serve operators.
///
/// Implementations: ``SQLiteSpool`` (one machine).
package protocol MessageSpool: Sendable {
    /// A new queue ID, greater than every earlier one of this spool.
    func makeQueueID(at now: Timestamp) -> QueueID

    /// Why nothing can be accepted at this moment (disk full, too little space, spool at its limit); nil when mail
    /// is welcome. Cheap enough to ask at every MAIL.
    var refusal: SpoolError? { get }

    /// Octets of content that are held in memory now, of all messages.
    var residentOctets: Int { get }

    /// Opens a port. Completions of operations submitted through it come to `receive`, in batches, on a thread of the
    /// spool's; `receive` must only hop to where it belongs and return.
    ///
    /// - Parameter arrivals: whether this port is told of every message that any port commits
    ///   (``SpoolCompletion/arrived(_:)``); the delivery's port is.
    func openPort(arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void) -> SpoolPort

    /// Hands over operations in their order; never blocks.
    func submit(_ operations: [SpoolOperation], from port: SpoolPort)

    /// Messages that are accepted from now on will be handed to this upstream at once: they are committed with that
    /// attempt open, as `beginAttempt` would leave them, and so spare it. Nil when they may have to wait.
    func expectAttempts(through upstream: String?)

    /// The final dot of this message is about to be written. Cheap; what is noted survives the process, though not the
    /// machine, until the outcome is durable.
    func noteFinalDot(of id: QueueID)

    /// Reads messages back for delivery; results come in the order of `ids`, on a reader thread of the spool's.
    func load(_ ids: [QueueID], receive: @escaping @Sendable ([LoadResult]) -> Void)

    /// The next part of content that lies on disk; `receive` is called on a reader thread.
    func read(_ reader: ContentReader, receive: @escaping @Sendable (Result<ContentPart, SpoolError>) -> Void)

    /// Every message that still has something to do, by queue ID; asked once, at the start of the delivery.
    func schedule() async throws -> [ScheduledMessage]

    /// One page of messages for operators, by queue ID, those after `last`.
    func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage]

    /// One message, or nil when it is not (or no longer) in the spool.
    func message(_ id: QueueID) async throws -> SpooledMessage?

    /// What was tried for a message so far, oldest first; the attempt that runs now is in the message itself.
    func attempts(of id: QueueID) async throws -> [AttemptRecord]

    /// The content of a message as it goes out (header of the relay's own first), for reading part by part.
    func openContent(of id: QueueID) async throws -> ContentReader?

    func statistics(at now: Timestamp) async throws -> SpoolStatistics

    /// Commits what has been submitted, stops the threads and closes the files; later operations are refused.
    func close() async
}

/// The name of an opened port.
package struct SpoolPort: Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// The name of content that is being appended part by part before its message is committed.
package struct ContentStream: Hashable, Sendable {
    package let port: SpoolPort
    package let number: UInt64

    package init(port: SpoolPort, number: UInt64) {
        self.port = port
        self.number = number
    }
}

/// What a user asks of the spool.
package enum SpoolOperation: Sendable {
    /// Make a message durable; answered by `accepted`, `resubmitted` or `refused` with the ticket.
    indirect case accept(NewMessage, ticket: UInt64)
    /// Append a part of a large message's content; the first part opens the stream. Answered by `appended`, or once by
    /// `appendFailed`, after which parts of this stream are dropped.
    case append(ContentStream, ByteBuffer)
    /// Forget a stream whose message will not come; its octets are dead space.
    case abandon(ContentStream)
    /// Record durably that an attempt begins, before anything that could commit the mail elsewhere leaves; answered by
    /// `attemptRecorded` or `attemptNotRecorded`.
    indirect case beginAttempt(QueueID, OpenAttempt)
    /// Record what an attempt came to. The spool repeats it until it is durable, and an attempt of the same message that
    /// is submitted later is recorded later. Without a ticket it is not answered, and may wait a little for company;
    /// with one it is answered once, by `settled` or `notSettled`.
    indirect case settle(Settlement, ticket: UInt64? = nil)
    /// Every recipient has been delivered: the message is gone with the next group. Answered like `settle`.
    case remove(QueueID, ticket: UInt64? = nil)
}

package enum SpoolCompletion: Sendable {
    case accepted(ticket: UInt64)
    /// The message is one that was accepted before, under this queue ID, and is not taken a second time
    /// (``NewMessage/resubmission``).
    case resubmitted(ticket: UInt64, QueueID)
    case refused(ticket: UInt64, SpoolError)
    /// So many octets of the stream have reached the file: the sender may read on.
    case appended(ContentStream, octets: Int)
    case appendFailed(ContentStream, SpoolError)
    case attemptRecorded(QueueID)
    case attemptNotRecorded(QueueID, SpoolError)
    /// The outcome is durable.
    case settled(ticket: UInt64)
    /// The outcome is not durable: there is no such message (`missing`), the spool is `closed`, or the commit failed. Only
    /// in the last case the spool keeps the outcome and writes it as soon as it can.
    case notSettled(ticket: UInt64, SpoolError)
    /// A message was committed by some port; its content is still in memory if the budget allows.
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
