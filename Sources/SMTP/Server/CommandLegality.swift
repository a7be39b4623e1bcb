/// State of a server session between commands.
package enum CommandPhase: Hashable, Sendable, CaseIterable {
    /// Neither EHLO nor HELO has been accepted.
    case start
    /// Greeted; no transaction is open.
    case ready
    /// MAIL has been accepted, but no recipient yet.
    case mail
    /// MAIL and at least one RCPT have been accepted.
    case recipients
    /// A chunk other than the last has been accepted (RFC 3030 section 2).
    case chunks

    /// Whether MAIL has been accepted.
    var isInTransaction: Bool {
        switch self {
        case .start, .ready: false
        case .mail, .recipients, .chunks: true
        }
    }
}

/// Whether a command is allowed in a phase.
package enum CommandLegality: Hashable, Sendable {
    case allowed
    /// Refused with this reply; the state does not change.
    case refused(ServerReply)
    /// Refused with this reply, then the session ends.
    case fatal(ServerReply)
}

extension CommandVerb {
    /// The table of RFC 5321 section 4.1.4: which commands are allowed when, and the reply to the others. STARTTLS and
    /// AUTH are not allowed in a transaction (RFC 3207 section 4, RFC 4954 section 4); content that began with BDAT
    /// continues with BDAT (RFC 3030 section 2).
    package func legality(in phase: CommandPhase) -> CommandLegality {
        switch (self, phase) {
        case (.ehlo, .start), (.ehlo, .ready), (.ehlo, .mail), (.ehlo, .recipients), (.ehlo, .chunks): .allowed
        case (.helo, .start), (.helo, .ready), (.helo, .mail), (.helo, .recipients), (.helo, .chunks): .allowed

        case (.starttls, .start), (.auth, .start): .refused(.greetFirst)
        case (.starttls, .ready), (.auth, .ready): .allowed
        case (.starttls, .mail), (.starttls, .recipients), (.starttls, .chunks): .refused(.transactionOpen)
        case (.auth, .mail), (.auth, .recipients), (.auth, .chunks): .refused(.transactionOpen)

        case (.mail, .start): .refused(.greetFirst)
        case (.mail, .ready): .allowed
        case (.mail, .mail), (.mail, .recipients), (.mail, .chunks): .refused(.transactionOpen)

        case (.rcpt, .start): .refused(.greetFirst)
        case (.rcpt, .ready): .refused(.mailFirst)
        case (.rcpt, .mail), (.rcpt, .recipients): .allowed
        case (.rcpt, .chunks): .refused(.chunksBegun)

        case (.data, .start), (.bdat, .start): .refused(.greetFirst)
        case (.data, .ready), (.bdat, .ready): .refused(.mailFirst)
        case (.data, .mail), (.bdat, .mail): .refused(.noRecipients)
        case (.data, .recipients), (.bdat, .recipients), (.bdat, .chunks): .allowed
        case (.data, .chunks): .refused(.chunksBegun)

        case (.rset, .start), (.rset, .ready), (.rset, .mail), (.rset, .recipients), (.rset, .chunks): .allowed
        case (.noop, .start), (.noop, .ready), (.noop, .mail), (.noop, .recipients), (.noop, .chunks): .allowed
        case (.vrfy, .start), (.vrfy, .ready), (.vrfy, .mail), (.vrfy, .recipients), (.vrfy, .chunks): .allowed
        case (.help, .start), (.help, .ready), (.help, .mail), (.help, .recipients), (.help, .chunks): .allowed
        case (.quit, .start), (.quit, .ready), (.quit, .mail), (.quit, .recipients), (.quit, .chunks): .allowed

        case (.expn, .start), (.expn, .ready), (.expn, .mail), (.expn, .recipients), (.expn, .chunks):
            .refused(.notImplemented)

        case (.http, .start): .fatal(.notHTTP)
        case (.http, .ready), (.http, .mail), (.http, .recipients), (.http, .chunks): .refused(.unknownCommand)

        case (.unknown, .start), (.unknown, .ready), (.unknown, .mail), (.unknown, .recipients), (.unknown, .chunks):
            .refused(.unknownCommand)
        }
    }
}
