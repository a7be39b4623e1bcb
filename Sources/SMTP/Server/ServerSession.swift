package import Mail

/// The server side of one SMTP session (RFC 5321) as a state machine without IO: octets in, actions out.
///
/// The owner buffers received octets and calls ``advance(_:)`` until the action is ``ServerAction/wait``. Actions do
/// not depend on how the octets are split. Pipelining (RFC 2920) comes for free, and replies are in command order,
/// because a session waiting for its owner's answer examines no further octets.
package struct ServerSession: ~Copyable {
    /// State of the session.
    enum State {
        /// Between commands. Next: `skipping`, `deciding`, `data`, `chunk`, `startingTLS`, `authenticating`, `closed`, or
        /// another phase.
        case command(CommandPhase)
        /// A line was refused before its end; the rest of it is dropped. Next: `command`.
        case skipping(CommandPhase)
        /// MAIL waits for ``begin(refusal:)``. Next: `command(.ready)` or `command(.mail)`.
        case deciding
        /// After 354. Next: `committing`, or `command(.ready)` if the content is invalid.
        case data
        /// Within the octets of a chunk, after a BDAT command that came in this phase (RFC 3030 section 2). Next:
        /// `command(.chunks)`, `committing`, or `command` if the chunk was dropped.
        case chunk(CommandPhase)
        /// The message waits for ``finish(accepted:)``. Next: `command(.ready)`.
        case committing
        /// STARTTLS waits for ``answerStartTLS(available:)``. Next: `handshake`, `command(.ready)`.
        case startingTLS
        /// 220 has been sent; no octet counts as a command until ``tlsEstablished(_:user:)`` (RFC 3207 section 4).
        /// Next: `command(.start)`, `closed`.
        case handshake
        /// An AUTH exchange waits for the owner (RFC 4954 section 4). Next: `answering`, `command(.ready)`.
        case authenticating
        /// After 334: the next line is the client's response. Next: `authenticating`, `command(.ready)`, `skipping`.
        case answering
        /// Nothing more is answered.
        case closed
    }

    let limits: ServerLimits
    var state = State.command(.start)
    var errors = 0
    /// Number of commands without a MAIL that are not the client's fault: those pipelined after one that we could not
    /// accept (RFC 2920 section 3.1).
    var excused = 0
    /// Commands since the last message that submit none.
    var idleCommands = 0
    var framer = DataFramer()
    var chunk = ChunkFramer(isText: true)
    /// Why the chunk being received is dropped; nil if it is kept.
    var chunkRefusal: ServerReply?
    /// Whether the transaction's content is sent by BDAT.
    var usesChunks = false
    /// Transactions so far.
    var transactions = 0
    var failedAuthentications = 0
    var priorityIsLowered = false
    /// Whether ``isFirstRefusal(_:)`` has been true since the last MAIL.
    var refusalIsReported = false
    /// Distinct recipients; kept only once there are too many for pairwise comparison.
    var known: Set<Address> = []

    /// The client's name for itself; empty before EHLO or HELO.
    package internal(set) var clientName = ""
    /// Whether the client sent EHLO.
    package internal(set) var isExtended = false
    /// Envelope of the open transaction.
    package internal(set) var envelope = Envelope(sender: .null, recipients: [])
    /// Declared size in octets of the open transaction; nil if not declared.
    package internal(set) var declaredSize: Int?

    /// What is offered now; the owner may change the requirements once it knows the client.
    package var offer: ServerOffer
    /// The authenticated user, by AUTH or by the connection's certificate; nil if none.
    package internal(set) var user: String?
    /// Mechanism of the AUTH exchange, in upper case.
    package internal(set) var mechanism = ""
    /// The client's last response in the AUTH exchange; nil if AUTH had no initial response.
    package internal(set) var response: [UInt8]?

    /// Recipients that the open transaction may still accept within the owner's limits, set by the owner before it
    /// calls ``begin(refusal:)``; beyond that the reply is ``ServerReply/rateLimited``.
    package var recipientBudget = Int.max

    /// Whether the owner wants to be asked about each recipient, by ``ServerAction/recipient``.
    package var asksAboutRecipients = false

    package init(limits: ServerLimits, offer: ServerOffer) {
        self.limits = limits
        self.offer = offer
    }

    /// Octets of the content so far, without dot stuffing.
    package var contentSize: Int { usesChunks ? chunk.size + (lacksLineEnd ? 2 : 0) : framer.size }

    /// Whether the content ends within a line and needs a CRLF. Never with DATA.
    package var lacksLineEnd: Bool { usesChunks && chunk.lacksLineEnd }

    /// Whether MAIL has been accepted and the transaction is still open.
    package var isInTransaction: Bool {
        switch state {
        case .command(let phase), .skipping(let phase), .chunk(let phase): phase.isInTransaction
        case .deciding, .data, .committing: true
        case .startingTLS, .handshake, .authenticating, .answering, .closed: false
        }
    }

    /// Whether content is being received.
    package var isReceivingContent: Bool {
        switch state {
        case .data, .chunk: true
        case .command, .skipping, .deciding, .committing, .startingTLS, .handshake, .authenticating, .answering,
            .closed:
            false
        }
    }

    /// Whether the session is waiting for its owner.
    package var isWaitingForOwner: Bool {
        switch state {
        case .deciding, .committing, .startingTLS, .handshake, .authenticating: true
        case .command, .skipping, .data, .chunk, .answering, .closed: false
        }
    }

    /// The next step for the octets received but not consumed.
    package mutating func advance(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        if bytes.isEmpty { return advanceWithoutOctets() }
        switch state {
        case .command(let phase): return readLine(bytes, in: phase)
        case .skipping(let phase): return skipLine(bytes, in: phase)
        case .data: return readContent(bytes)
        case .chunk(let phase): return readChunk(bytes, in: phase)
        case .answering: return readResponse(bytes)
        case .handshake: return refusePlaintext(bytes)
        case .deciding, .committing, .startingTLS, .authenticating: return ServerStep(consumed: 0, action: .wait)
        case .closed: return ServerStep(consumed: bytes.count, action: .wait)
        }
    }

    /// Only the end of a chunk is a step without octets.
    private mutating func advanceWithoutOctets() -> ServerStep {
        switch state {
        case .chunk(let phase) where chunk.remaining == 0:
            return ServerStep(consumed: 0, action: endChunk(in: phase))
        case .command, .skipping, .deciding, .data, .chunk, .committing, .startingTLS, .handshake, .authenticating,
            .answering, .closed:
            return ServerStep(consumed: 0, action: .wait)
        }
    }

    /// The owner knows who the client is, before the first command.
    package mutating func assume(user: String) {
        self.user = user
    }

    /// Called between ``ServerAction/begin`` and ``begin(refusal:)``: the client may not raise the priority of its
    /// mail, which becomes 0; the reply will say so (RFC 6710 section 4.1).
    package mutating func lowerPriority() {
        envelope.options.transferPriority = 0
        priorityIsLowered = true
    }

    /// Answers ``ServerAction/begin``; returns what to send.
    ///
    /// - Parameter refusal: the reply if mail is not welcome now; nil if it is.
    package mutating func begin(refusal: ServerReply?) -> ServerReply {
        guard case .deciding = state else { preconditionFailure("begin answers only the action of that name") }
        if let refusal {
            state = .command(.ready)
            excuseFollowers()
            return refusal
        }
        state = .command(.mail)
        excused = 0
        return priorityIsLowered ? .priorityLowered : .senderAccepted
    }

    /// Commands already pipelined after one that fails now will lack their MAIL; they are not the client's errors.
    mutating func excuseFollowers() {
        excused = limits.maxRecipients + 1
    }

    /// Answers ``ServerAction/message``, once the reply to the final dot has been sent.
    ///
    /// - Parameter accepted: whether it was a 250; then earlier errors are forgiven.
    package mutating func finish(accepted: Bool) {
        guard case .committing = state else { preconditionFailure("finish answers only the action `message`") }
        if accepted { (errors, idleCommands) = (0, 0) }
        resetTransaction()
    }

    /// Whether a reply is the first since the last MAIL to refuse a sender, a recipient, or mail as a whole: true once, so
    /// that the owner reports one refusal per transaction.
    package mutating func isFirstRefusal(_ reply: ServerReply) -> Bool {
        guard reply.refusesMail, !refusalIsReported else { return false }
        refusalIsReported = true
        return true
    }

    /// The owner has refused the recipient of ``ServerAction/recipient``: it is not in the envelope.
    package mutating func withdrawRecipient() {
        let recipient = envelope.recipients.removeLast()
        if !known.isEmpty { known.remove(recipient) }
        if envelope.recipientOptions.count > envelope.recipients.count { envelope.recipientOptions.removeLast() }
        recipientBudget += 1
        if envelope.recipients.isEmpty { state = .command(.mail) }
    }

    /// Ends the session from the owner's side; nothing more is answered.
    package mutating func close() {
        state = .closed
    }

    mutating func resetTransaction() {
        state = .command(.ready)
        envelope.recipients.removeAll(keepingCapacity: envelope.recipients.capacity <= 16)
        if !envelope.recipientOptions.isEmpty { envelope.recipientOptions = [] }
        known.removeAll()
    }
}

/// The data of a message.
extension ServerSession {
    mutating func readContent(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        let part = framer.scan(bytes)
        if refusalOfContent == nil, part.content > 0 {
            // The final dot is a separate step, so that a step is either content or an end, never both.
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

    /// Why the content so far cannot be accepted. An ambiguous line end takes precedence, however the octets are split.
    private var refusalOfContent: ServerReply? {
        if framer.hasBareLineEnd { return .bareLineEnd }
        if framer.hasHiddenEnd { return .hiddenEnd }
        return framer.size > limits.maxMessageSize ? .tooLarge : nil
    }
}
