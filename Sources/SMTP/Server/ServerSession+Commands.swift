internal import Mail

/// The commands of a session.
extension ServerSession {
    mutating func execute(_ line: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerAction {
        guard CommandParser.isPlain(line) else {
            return CommandParser.announcesChunk(line) ? end(with: .chunkSyntax) : .reply(.lineMalformed)
        }
        let command = CommandParser(line, isStrict: limits.strictAddresses)
        if command.verb == .bdat { return startChunk(command, in: phase) }
        if command.verb == .mail { refusalIsReported = false }
        if let reply = demand(before: command.verb) { return .reply(reply) }
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
        case .mail: return try startTransaction(command.mail(offer))
        case .rcpt: return addRecipient(try command.recipient(offer, usesUTF8: envelope.options.usesUTF8))
        case .data: return try startData(command)
        case .rset: return try reset(command, in: phase)
        case .noop: return .reply(.done)
        case .vrfy: return try verify(command)
        case .help: return .reply(.help)
        case .quit: return try quit(command)
        case .starttls: return try startTLS(command)
        case .auth: return try authenticate(command)
        case .bdat, .expn, .http, .unknown: preconditionFailure("the legality table refuses these")
        }
    }

    /// What must precede this command: TLS (RFC 3207 section 4), then AUTH (RFC 4954 section 6). nil if nothing.
    func demand(before verb: CommandVerb) -> ServerReply? {
        let needsTLS = offer.requiresTLS && !offer.isEncrypted
        guard needsTLS || offer.requiresAuthentication && user == nil else { return nil }
        switch verb {
        case .ehlo, .helo, .starttls, .rset, .noop, .help, .quit, .http, .unknown: return nil
        case .auth: return needsTLS ? .encryptFirst : nil
        case .mail, .vrfy, .expn: return needsTLS ? .encryptFirst : .authenticateFirst
        case .rcpt, .data, .bdat: return needsTLS ? .encryptFirst : nil
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
        if let limit = limits.maxTransactions, transactions >= limit { return end(with: .tooManyTransactions) }
        if let size = arguments.size, size > limits.maxMessageSize { return .reply(.tooLarge) }
        transactions += 1
        envelope.sender = arguments.sender
        envelope.body = arguments.body
        envelope.options = arguments.options
        envelope.release = arguments.release
        priorityIsLowered = false
        declaredSize = arguments.size
        state = .deciding
        return .begin
    }

    private mutating func addRecipient(_ arguments: RecipientArguments) -> ServerAction {
        let count = envelope.recipients.count
        let reply = add(arguments)
        return asksAboutRecipients && envelope.recipients.count > count ? .recipient : .reply(reply)
    }

    private mutating func add(_ arguments: RecipientArguments) -> ServerReply {
        if !isKnown(arguments.recipient) {
            guard envelope.recipients.count < limits.maxRecipients else { return .tooManyRecipients }
            guard recipientBudget > 0 else { return .rateLimited }
            recipientBudget -= 1
            envelope.recipients.append(arguments.recipient)
            if !known.isEmpty { known.insert(arguments.recipient) }
            note(arguments.options)
        }
        state = .command(.recipients)
        return .recipientAccepted
    }

    /// Keeps the options of the last recipient added; the list starts with the first recipient that has any.
    private mutating func note(_ options: RecipientOptions) {
        guard options != .none || !envelope.recipientOptions.isEmpty else { return }
        while envelope.recipientOptions.count < envelope.recipients.count - 1 {
            envelope.recipientOptions.append(.none)
        }
        envelope.recipientOptions.append(options)
    }

    /// A recipient named twice gets the message once; local parts are compared exactly.
    private mutating func isKnown(_ recipient: Address) -> Bool {
        guard envelope.recipients.count >= 16 else { return envelope.recipients.contains(recipient) }
        if known.isEmpty { known = Set(envelope.recipients) }
        return known.contains(recipient)
    }

    private mutating func startData(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        // RFC 3030 section 3.
        guard envelope.body != .binaryMIME else { throw CommandError(.chunksOnly) }
        framer = DataFramer()
        usesChunks = false
        state = .data
        return .reply(.startData)
    }

    private mutating func reset(_ command: CommandParser, in phase: CommandPhase) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        if phase != .start { resetTransaction() }
        return phase == .chunks ? .discard(.done) : .reply(.done)
    }

    private func verify(_ command: CommandParser) throws(CommandError) -> ServerAction {
        try command.checkName(offer)
        return .reply(.notVerified)
    }

    private mutating func quit(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        return end(with: .goodbye)
    }

    mutating func end(with reply: ServerReply) -> ServerAction {
        state = .closed
        return .close(reply)
    }
}
