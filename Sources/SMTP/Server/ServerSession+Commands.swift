internal import Mail

/// The commands of a session.
extension ServerSession {
    mutating func execute(_ line: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerAction {
        guard CommandParser.isPlain(line) else { return .reply(.lineMalformed) }
        let command = CommandParser(line)
        switch command.verb.legality(in: phase) {
        case .allowed: break
        case .refused(let reply): return .reply(reply)
        case .fatal(let reply): return end(with: reply)
        }
        if isOneTooMany(command.verb) { return end(with: .tooManyCommands) }
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
            guard recipientBudget > 0 else { return .rateLimited }
            recipientBudget -= 1
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
