package import Mail

/// The server's side of one SMTP session (RFC 5321) as a machine without IO: octets in, actions out.
///
/// The owner keeps the octets that have come and calls ``advance(_:)`` until the action is ``ServerAction/wait``. What
/// the actions are does not depend on how the octets were cut. Pipelining (RFC 2920) comes by itself; replies are in the
/// order of the commands, since a session that waits for an answer of its owner's does not look at further octets.
package struct ServerSession: ~Copyable {
    /// Where the session stands.
    enum State {
        /// Between commands. Next: `skipping`, `deciding`, `data`, `chunk`, `startingTLS`, `authenticating`, `closed`, or
        /// another phase.
        case command(CommandPhase)
        /// A line was refused before its end; the rest of it is dropped. Next: `command`.
        case skipping(CommandPhase)
        /// MAIL waits for ``begin(refusal:)``. Next: `command(.ready)` or `command(.mail)`.
        case deciding
        /// After 354. Next: `committing`, or `command(.ready)` where the content is not in order.
        case data
        /// Within the octets of a chunk, behind a BDAT command that came in this phase (RFC 3030 section 2). Next:
        /// `command(.chunks)`, `committing`, or `command` where the chunk was dropped.
        case chunk(CommandPhase)
        /// The message waits for ``finish(accepted:)``. Next: `command(.ready)`.
        case committing
        /// STARTTLS waits for ``answerStartTLS(available:)``. Next: `handshake`, `command(.ready)`.
        case startingTLS
        /// 220 is sent; not one octet that comes is a command's until ``tlsEstablished(_:user:)`` (RFC 3207 section 4).
        /// Next: `command(.start)`, `closed`.
        case handshake
        /// An AUTH exchange waits for the owner (RFC 4954 section 4). Next: `answering`, `command(.ready)`.
        case authenticating
        /// After 334: the next line is the client's response. Next: `authenticating`, `command(.ready)`, `skipping`.
        case answering
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
    var chunk = ChunkFramer(isText: true)
    /// Why the chunk that is being received is dropped; nil where it is kept.
    var chunkRefusal: ServerReply?
    /// Whether the content of the transaction comes by BDAT.
    var usesChunks = false
    /// Transactions so far.
    var transactions = 0
    var failedAuthentications = 0
    var priorityIsLowered = false
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

    /// What is offered now; the owner may change what is demanded when it learns who the client is.
    package var offer: ServerOffer
    /// Who has authenticated, by AUTH or by the certificate of the connection; nil where nobody has.
    package internal(set) var user: String?
    /// Of the AUTH exchange, in upper case.
    package internal(set) var mechanism = ""
    /// What the client sent last in the AUTH exchange; nil where AUTH came without an initial response.
    package internal(set) var response: [UInt8]?

    /// Recipients that the open transaction may still take by the limits of the owner, which sets this before it calls
    /// ``begin(refusal:)``; what is more is answered by ``ServerReply/rateLimited``.
    package var recipientBudget = Int.max

    package init(limits: ServerLimits, offer: ServerOffer) {
        self.limits = limits
        self.offer = offer
    }

    /// Octets of the content so far, without dot stuffing.
    package var contentSize: Int { usesChunks ? chunk.size + (lacksLineEnd ? 2 : 0) : framer.size }

    /// Whether the content ends within a line, and CRLF is to be put behind it. Never with DATA.
    package var lacksLineEnd: Bool { usesChunks && chunk.lacksLineEnd }

    /// Whether MAIL has been accepted and the transaction has not ended.
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

    /// Whether the session waits for its owner.
    package var isWaitingForOwner: Bool {
        switch state {
        case .deciding, .committing, .startingTLS, .handshake, .authenticating: true
        case .command, .skipping, .data, .chunk, .answering, .closed: false
        }
    }

    /// The next step for the octets that have come and are not consumed.
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

    /// Answers ``ServerAction/begin`` before ``begin(refusal:)``: the client may not raise the priority of its mail, which
    /// becomes 0; the reply will say so (RFC 6710 section 4.1).
    package mutating func lowerPriority() {
        envelope.options.transferPriority = 0
        priorityIsLowered = true
    }

    /// Answers ``ServerAction/begin``; returns what is to be sent.
    ///
    /// - Parameter refusal: what to answer where mail is not welcome now; nil where it is.
    package mutating func begin(refusal: ServerReply?) -> ServerReply {
        guard case .deciding = state else { preconditionFailure("begin answers the action of that name") }
        if let refusal {
            state = .command(.ready)
            excuseFollowers()
            return refusal
        }
        state = .command(.mail)
        excused = 0
        return priorityIsLowered ? .priorityLowered : .senderAccepted
    }

    /// What the client had pipelined behind a command that fails now will lack its MAIL, and be no error of its own.
    mutating func excuseFollowers() {
        excused = limits.maxRecipients + 1
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
        if !envelope.recipientOptions.isEmpty { envelope.recipientOptions = [] }
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
        if framer.hasHiddenEnd { return .hiddenEnd }
        return framer.size > limits.maxMessageSize ? .tooLarge : nil
    }
}
