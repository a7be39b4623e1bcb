/// Sessions that keep us busy without handing in mail.
extension ServerSession {
    /// Counts a command that hands in no message. RCPT, DATA and BDAT are not counted: the time of a transaction and the
    /// number of recipients bound them, and RFC 5321 section 4.5.3.1.10 lets a client try more recipients than we take.
    mutating func isOneTooMany(_ verb: CommandVerb) -> Bool {
        switch verb {
        case .rcpt, .data, .bdat, .quit: return false
        case .ehlo, .helo, .mail, .rset, .noop, .vrfy, .help, .expn, .starttls, .auth, .http, .unknown:
            idleCommands += 1
            return idleCommands > limits.maxCommands
        }
    }
}
