package import Mail

/// One message as a query sees it: what is looked at is read, nothing else is decoded. Valid within the call that hands
/// it over.
package struct MessageGlance {
    package let id: QueueID
    package let receivedAt: Timestamp
    /// When the earliest of its recipients is due, by the steady clock; nil if none is.
    package let nextAttemptAt: Timestamp?
    package let priority: Priority
    /// Whether it is a notice of the relay's own.
    package let isNotice: Bool
    /// Octets of the message as sent.
    package let size: Int
    /// The sender's address; empty for the null path.
    package let sender: UnsafeRawBufferPointer
    /// nil if nobody had logged in.
    package let user: UnsafeRawBufferPointer?
    private let routing: UnsafeRawBufferPointer?
    /// As in ``RecipientText``.
    private let recipients: UnsafeRawBufferPointer
    private var running: OpenAttempt?
    private var source: Source

    private enum Source {
        case row(SQLiteStatement)
        indirect case message(SpooledMessage)
    }

    /// The current row of a statement that selects ``StoredRow/columns``, without an open attempt.
    init(_ row: SQLiteStatement) {
        id = QueueID(rawValue: Int64(row.integer(0)))
        receivedAt = Timestamp(milliseconds: Int64(row.integer(1)))
        nextAttemptAt = row.isNull(2) ? nil : Timestamp(milliseconds: Int64(row.integer(2)))
        priority = Priority(rawValue: UInt8(truncatingIfNeeded: row.integer(4))) ?? .normal
        isNotice = !row.isNull(21)
        size = row.integer(6)
        sender = row.bytes(10)
        user = row.isNull(17) ? nil : row.bytes(17)
        routing = row.isNull(19) ? nil : row.bytes(19)
        recipients = row.bytes(13)
        running = nil
        source = .row(row)
    }

    /// Calls `body` with a glance at the message; for spools that have it whole.
    package static func with<Result>(_ message: SpooledMessage, _ body: (MessageGlance) -> Result) -> Result {
        var recipients: [UInt8] = []
        RecipientText.encode(message.recipients, into: &recipients)
        let parts = [
            Array(message.sender.description.utf8), message.user.map { Array($0.utf8) } ?? [],
            RoutingText.encode(message.routing).map { Array($0.utf8) } ?? [], recipients,
        ]
        return parts[0].withUnsafeBytes { sender in
            parts[1].withUnsafeBytes { user in
                parts[2].withUnsafeBytes { routing in
                    parts[3].withUnsafeBytes { body(MessageGlance(message, sender, user, routing, $0)) }
                }
            }
        }
    }

    private init(
        _ message: SpooledMessage, _ sender: UnsafeRawBufferPointer, _ user: UnsafeRawBufferPointer,
        _ routing: UnsafeRawBufferPointer, _ recipients: UnsafeRawBufferPointer
    ) {
        id = message.id
        receivedAt = message.receivedAt
        nextAttemptAt = DueState(message.recipients).nextAttemptAt
        priority = message.priority
        isNotice = message.notice != nil
        size = message.size
        self.sender = sender
        self.user = message.user == nil ? nil : user
        self.routing = routing.isEmpty ? nil : routing
        self.recipients = recipients
        running = message.openAttempt
        source = .message(message)
    }

    /// The whole message; without recipients if they are unreadable.
    package var message: SpooledMessage {
        switch source {
        case .row(let row): StoredRow(row).message
        case .message(let message): message
        }
    }

    /// What routes use besides the envelope.
    package var routingFacts: RoutingFacts {
        routing.flatMap { RoutingText.decode($0) } ?? .none
    }

    /// The message with the attempt that is under way, whatever is on record.
    package func during(_ attempts: RunningAttempts) -> MessageGlance {
        let attempt = attempts.attempt(of: id, recorded: running)
        guard attempt != running else { return self }
        var glance = self
        glance.running = attempt
        glance.source = .message(message.during(attempts))
        return glance
    }

    /// Calls `body` with each recipient in order, until it returns false; unreadable ones are left out.
    package func forEachRecipient(_ body: (RecipientGlance) -> Bool) {
        let (indexes, upstream) = (running?.recipients ?? [], running?.upstream ?? "")
        var index = 0
        RecipientText.forEachLine(recipients) { line in
            defer { index += 1 }
            guard var recipient = RecipientGlance(line) else { return true }
            if indexes.contains(index), recipient.isWaiting { recipient.runs(through: upstream) }
            return body(recipient)
        }
    }
}

/// One recipient of a ``MessageGlance``.
package struct RecipientGlance {
    /// A recipient's state as operators see it: `delivering` while an attempt with it runs.
    package private(set) var state: String
    package let attempts: Int
    package let address: UnsafeRawBufferPointer
    /// The last reply or error; nil if there is none.
    package let lastReply: UnsafeRawBufferPointer?
    private let storedUpstream: UnsafeRawBufferPointer
    private var runningUpstream: String?
    private let line: RecipientText.Line
    /// Whether it waits for an attempt, or is in one: neither scheduled nor held, neither in doubt nor done.
    package let isWaiting: Bool

    init?(_ line: RecipientText.Line) {
        guard let state = RecipientText.state(line.state) else { return nil }
        self.state = state.rawValue
        isWaiting = state == .queued || state == .deferred
        attempts = RecipientText.number(line.attempts)
        address = line.address
        lastReply = line.reply.isEmpty ? nil : line.reply
        storedUpstream = line.upstream
        self.line = line
    }

    fileprivate mutating func runs(through upstream: String) {
        state = "delivering"
        runningUpstream = upstream
    }

    /// The upstream of the running attempt, or of the last one; empty if there was none.
    package var upstream: String {
        runningUpstream ?? String(decoding: storedUpstream, as: UTF8.self)
    }

    /// What its failure is about; nil if it has not failed, or nobody was told.
    package var failureClass: String? {
        state == Recipient.State.failed.rawValue ? recipient?.failureClass?.rawValue : nil
    }

    /// The recipient with all it has; nil if unreadable.
    package var recipient: Recipient? { RecipientText.decode(line) }
}
