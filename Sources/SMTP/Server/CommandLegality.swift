/// Where a server session stands between commands.
package enum CommandPhase: Hashable, Sendable, CaseIterable {
    /// Neither EHLO nor HELO has been accepted.
    case start
    /// Greeted; no transaction is open.
    case ready
    /// MAIL has been accepted, and no recipient yet.
    case mail
    /// MAIL and at least one RCPT have been accepted.
    case recipients
}

/// Whether a command may come in a phase.
package enum CommandLegality: Hashable, Sendable {
    case allowed
    /// Answered by this; nothing changes.
    case refused(ServerReply)
    /// Answered by this, then the session ends.
    case fatal(ServerReply)
}

extension CommandVerb {
    /// The table of RFC 5321 section 4.1.4: which commands may come when, and what is said to the others.
    package func legality(in phase: CommandPhase) -> CommandLegality {
        switch (self, phase) {
        case (.ehlo, .start), (.ehlo, .ready), (.ehlo, .mail), (.ehlo, .recipients): .allowed
        case (.helo, .start), (.helo, .ready), (.helo, .mail), (.helo, .recipients): .allowed

        case (.mail, .start): .refused(.greetFirst)
        case (.mail, .ready): .allowed
        case (.mail, .mail), (.mail, .recipients): .refused(.transactionOpen)

        case (.rcpt, .start): .refused(.greetFirst)
        case (.rcpt, .ready): .refused(.mailFirst)
        case (.rcpt, .mail), (.rcpt, .recipients): .allowed

        case (.data, .start): .refused(.greetFirst)
        case (.data, .ready): .refused(.mailFirst)
        case (.data, .mail): .refused(.noRecipients)
        case (.data, .recipients): .allowed

        case (.rset, .start), (.rset, .ready), (.rset, .mail), (.rset, .recipients): .allowed
        case (.noop, .start), (.noop, .ready), (.noop, .mail), (.noop, .recipients): .allowed
        case (.vrfy, .start), (.vrfy, .ready), (.vrfy, .mail), (.vrfy, .recipients): .allowed
        case (.help, .start), (.help, .ready), (.help, .mail), (.help, .recipients): .allowed
        case (.quit, .start), (.quit, .ready), (.quit, .mail), (.quit, .recipients): .allowed

        case (.expn, .start), (.expn, .ready), (.expn, .mail), (.expn, .recipients): .refused(.notImplemented)

        case (.http, .start): .fatal(.notHTTP)
        case (.http, .ready), (.http, .mail), (.http, .recipients): .refused(.unknownCommand)

        case (.unknown, .start), (.unknown, .ready), (.unknown, .mail), (.unknown, .recipients):
            .refused(.unknownCommand)
        }
    }
}
