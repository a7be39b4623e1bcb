package import Mail

/// The server's side of one SMTP session (RFC 5321) as a machine without IO: octets in, actions out.
///
/// The owner keeps the octets that have come and calls ``advance(_:)`` until the action is ``ServerAction/wait``. What
/// the actions are does not depend on how the octets were cut. Pipelining (RFC 2920) comes by itself; replies are in the
/// order of the commands, since a session that waits for an answer of its owner's does not look at further octets.
package struct ServerSession: ~Copyable {
    /// Where the session stands.
    enum State {
        /// Between commands. Next: `skipping`, `deciding`, `data`, `closed`, or another phase.
        case command(CommandPhase)
        /// A line was refused before its end; the rest of it is dropped. Next: `command`.
        case skipping(CommandPhase)
        /// MAIL waits for ``begin(refusal:)``. Next: `command(.ready)` or `command(.mail)`.
        case deciding
        /// After 354. Next: `committing`, or `command(.ready)` where the content is not in order.
        case data
        /// The message waits for ``finish()``. Next: `command(.ready)`.
        case committing
        /// Nothing is answered any more.
        case closed
    }

    let limits: ServerLimits
    var state = State.command(.start)
    var errors = 0
    /// How many commands that lack a MAIL are no errors of the client's: those that it had sent behind one that we could
    /// not take (RFC 2920 section 3.1).
    var excused = 0
    /// Commands since the last message that hand in none.
    var idleCommands = 0
    var framer = DataFramer()
    /// Distinct recipients, kept only when there are too many to compare with each.
    var known: Set<Address> = []

    /// What the client called itself; empty before EHLO or HELO.
    package internal(set) var clientName = ""
    /// Whether the client said EHLO.
    package internal(set) var isExtended = false
    /// Of the open transaction.
    package internal(set) var envelope = Envelope(sender: .null, recipients: [])
    /// Octets the client declared for the open transaction; nil where it did not.
    package internal(set) var declaredSize: Int?

    /// Recipients that the open transaction may still take by the limits of the owner, which sets this before it calls
    /// ``begin(refusal:)``; what is more is answered by ``ServerReply/rateLimited``.
    package var recipientBudget = Int.max

    package init(limits: ServerLimits) {
        self.limits = limits
    }

    /// Octets of the content so far, without dot stuffing.
    package var contentSize: Int { framer.size }

    /// Whether MAIL has been accepted and the transaction has not ended.
    package var isInTransaction: Bool {
        switch state {
        case .command(.mail), .command(.recipients), .skipping(.mail), .skipping(.recipients), .deciding, .data,
            .committing:
            true
        case .command(.start), .command(.ready), .skipping(.start), .skipping(.ready), .closed: false
        }
    }

    /// Whether content is being received.
    package var isReceivingContent: Bool {
        switch state {
        case .data: true
        case .command, .skipping, .deciding, .committing, .closed: false
        }
    }

    /// Whether the session waits for its owner.
    package var isWaitingForOwner: Bool {
        switch state {
        case .deciding, .committing: true
        case .command, .skipping, .data, .closed: false
        }
    }

    /// The next step for the octets that have come and are not consumed.
    package mutating func advance(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        guard !bytes.isEmpty else { return ServerStep(consumed: 0, action: .wait) }
        switch state {
        case .command(let phase): return readLine(bytes, in: phase)
        case .skipping(let phase): return skipLine(bytes, in: phase)
        case .data: return readContent(bytes)
        case .deciding, .committing: return ServerStep(consumed: 0, action: .wait)
        case .closed: return ServerStep(consumed: bytes.count, action: .wait)
        }
    }

    /// Answers ``ServerAction/begin``; returns what is to be sent.
    ///
    /// - Parameter refusal: what to answer where mail is not welcome now; nil where it is.
    package mutating func begin(refusal: ServerReply?) -> ServerReply {
        guard case .deciding = state else { preconditionFailure("begin answers the action of that name") }
        state = .command(refusal == nil ? .mail : .ready)
        excused = refusal == nil ? 0 : limits.maxRecipients + 1
        return refusal ?? .senderAccepted
    }

    /// Answers ``ServerAction/message``: the reply to the final dot has been sent.
    ///
    /// - Parameter accepted: whether it was a 250; then earlier errors are forgiven.
    package mutating func finish(accepted: Bool) {
        guard case .committing = state else { preconditionFailure("finish answers the action `message`") }
        if accepted { (errors, idleCommands) = (0, 0) }
        resetTransaction()
    }

    /// Ends the session from the owner's side; nothing is answered any more.
    package mutating func close() {
        state = .closed
    }

    mutating func resetTransaction() {
        state = .command(.ready)
        envelope.recipients.removeAll(keepingCapacity: envelope.recipients.capacity <= 16)
        known.removeAll()
    }
}

/// The data of a message.
extension ServerSession {
    mutating func readContent(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        let part = framer.scan(bytes)
        if refusalOfContent == nil, part.content > 0 {
            // The final dot is left for a step of its own, so that a step is content or an end, never both.
            return ServerStep(consumed: part.content, action: .content)
        }
        guard part.isLast else { return ServerStep(consumed: part.consumed, action: .wait) }
        return ServerStep(consumed: part.consumed, action: endContent())
    }

    private mutating func endContent() -> ServerAction {
        guard let refusal = refusalOfContent else {
            state = .committing
            return .message
        }
        resetTransaction()
        return checked(.discard(refusal))
    }

    /// Why the content so far cannot be taken. An ambiguous line end is named first, however the octets were cut.
    private var refusalOfContent: ServerReply? {
        if framer.hasBareLineEnd { return .bareLineEnd }
        return framer.size > limits.maxMessageSize ? .tooLarge : nil
    }
}
