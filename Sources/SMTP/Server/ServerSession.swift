package import Mail

/// The server's side of one SMTP session (RFC 5321) as a machine without IO: octets in, actions out.
///
/// The owner keeps the octets that have come and calls ``advance(_:)`` until the action is ``ServerAction/wait``. What
/// the actions are does not depend on how the octets were cut. Pipelining (RFC 2920) comes by itself; replies are in the
/// order of the commands, since a session that waits for an answer of its owner's does not look at further octets.
package struct ServerSession: ~Copyable {
    /// Where the session stands.
    private enum State {
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

    private let limits: ServerLimits
    private var state = State.command(.start)
    private var errors = 0
    private var framer = DataFramer()
    /// Distinct recipients, kept only when there are too many to compare with each.
    private var known: Set<Address> = []

    /// What the client called itself; empty before EHLO or HELO.
    package private(set) var clientName = ""
    /// Whether the client said EHLO.
    package private(set) var isExtended = false
    /// Of the open transaction.
    package private(set) var envelope = Envelope(sender: .null, recipients: [])
    /// Octets the client declared for the open transaction; nil where it did not.
    package private(set) var declaredSize: Int?

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
        return refusal ?? .senderAccepted
    }

    /// Answers ``ServerAction/message``: the reply to the final dot has been sent.
    ///
    /// - Parameter accepted: whether it was a 250; then earlier errors are forgiven.
    package mutating func finish(accepted: Bool) {
        guard case .committing = state else { preconditionFailure("finish answers the action `message`") }
        if accepted { errors = 0 }
        resetTransaction()
    }

    /// Ends the session from the owner's side; nothing is answered any more.
    package mutating func close() {
        state = .closed
    }

    private mutating func resetTransaction() {
        state = .command(.ready)
        envelope.recipients.removeAll(keepingCapacity: envelope.recipients.capacity <= 16)
        known.removeAll()
    }
}

// MARK: - Lines

extension ServerSession {
    private mutating func readLine(_ bytes: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerStep {
        let limit = limits.maxLineLength
        guard let lineFeed = bytes.position(of: 0x0A, in: 0..<min(bytes.count, limit)) else {
            return bytes.count < limit ? ServerStep(consumed: 0, action: .wait) : refuseLine(.lineTooLong, in: phase)
        }
        guard lineFeed > 0, bytes[lineFeed - 1] == 0x0D else { return refuseLine(.lineMalformed, in: phase) }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(lineFeed - 1)])
        return ServerStep(consumed: lineFeed + 1, action: checked(execute(line, in: phase)))
    }

    /// Answers a line before its end; nothing is executed of what stands in it up to the next CRLF.
    private mutating func refuseLine(_ reply: ServerReply, in phase: CommandPhase) -> ServerStep {
        state = .skipping(phase)
        return ServerStep(consumed: 0, action: checked(.reply(reply)))
    }

    private mutating func skipLine(_ bytes: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerStep {
        var from = 0
        while let lineFeed = bytes.position(of: 0x0A, in: from..<bytes.count) {
            if lineFeed > 0, bytes[lineFeed - 1] == 0x0D {
                state = .command(phase)
                return readLineAfterSkipping(bytes, from: lineFeed + 1)
            }
            from = lineFeed + 1
        }
        let held = bytes[bytes.count - 1] == 0x0D ? 1 : 0
        return ServerStep(consumed: bytes.count - held, action: .wait)
    }

    private mutating func readLineAfterSkipping(_ bytes: UnsafeRawBufferPointer, from start: Int) -> ServerStep {
        let step = advance(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        return ServerStep(consumed: start + step.consumed, action: step.action)
    }

    /// Counts errors, and ends the session at the limit.
    private mutating func checked(_ action: ServerAction) -> ServerAction {
        switch action {
        case .reply(let reply), .discard(let reply):
            guard reply.countsAsError else { return action }
            errors += 1
            guard errors > limits.maxErrors else { return action }
            state = .closed
            return .close(.tooManyErrors)
        case .wait, .greet, .begin, .content, .message, .close: return action
        }
    }
}

// MARK: - Commands

extension ServerSession {
    private mutating func execute(_ line: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerAction {
        guard CommandParser.isPlain(line) else { return .reply(.lineMalformed) }
        let command = CommandParser(line)
        switch command.verb.legality(in: phase) {
        case .allowed: break
        case .refused(let reply): return .reply(reply)
        case .fatal(let reply): return end(with: reply)
        }
        do throws(CommandError) {
            return try execute(command, in: phase)
        } catch {
            return .reply(error.reply)
        }
    }

    private mutating func execute(_ command: CommandParser, in phase: CommandPhase) throws(CommandError) -> ServerAction
    {
        switch command.verb {
        case .ehlo: return try greet(command, extended: true)
        case .helo: return try greet(command, extended: false)
        case .mail: return try startTransaction(command.mail())
        case .rcpt: return .reply(add(try command.recipient()))
        case .data: return try startData(command)
        case .rset: return try reset(command, in: phase)
        case .noop: return .reply(.done)
        case .vrfy: return .reply(.notVerified)
        case .help: return .reply(.help)
        case .quit: return try quit(command)
        case .expn, .http, .unknown: preconditionFailure("the table of legality refuses these")
        }
    }

    private mutating func greet(_ command: CommandParser, extended: Bool) throws(CommandError) -> ServerAction {
        guard let name = command.clientName else { throw CommandError(.greetingSyntax) }
        clientName = name
        isExtended = extended
        resetTransaction()
        return .greet(extended: extended)
    }

    private mutating func startTransaction(_ arguments: MailArguments) -> ServerAction {
        if let size = arguments.size, size > limits.maxMessageSize { return .reply(.tooLarge) }
        envelope.sender = arguments.sender
        envelope.body = arguments.body
        declaredSize = arguments.size
        state = .deciding
        return .begin
    }

    private mutating func add(_ recipient: Address) -> ServerReply {
        if !isKnown(recipient) {
            guard envelope.recipients.count < limits.maxRecipients else { return .tooManyRecipients }
            envelope.recipients.append(recipient)
            if !known.isEmpty { known.insert(recipient) }
        }
        state = .command(.recipients)
        return .recipientAccepted
    }

    /// A recipient named twice gets the message once; the local part is compared as it is written.
    private mutating func isKnown(_ recipient: Address) -> Bool {
        guard envelope.recipients.count >= 16 else { return envelope.recipients.contains(recipient) }
        if known.isEmpty { known = Set(envelope.recipients) }
        return known.contains(recipient)
    }

    private mutating func startData(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        framer = DataFramer()
        state = .data
        return .reply(.startData)
    }

    private mutating func reset(_ command: CommandParser, in phase: CommandPhase) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        if phase != .start { resetTransaction() }
        return .reply(.done)
    }

    private mutating func quit(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        return end(with: .goodbye)
    }

    private mutating func end(with reply: ServerReply) -> ServerAction {
        state = .closed
        return .close(reply)
    }
}

// MARK: - Content

extension ServerSession {
    private mutating func readContent(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
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
