/// Limits sessions that keep the server busy without submitting mail.
extension ServerSession {
    /// Counts a command that submits no message. RCPT, DATA and BDAT do not count: transaction time and the number of
    /// recipients bound them, and RFC 5321 section 4.5.3.1.10 lets a client try more recipients than we accept.
    mutating func isOneTooMany(_ verb: CommandVerb) -> Bool {
        switch verb {
        case .rcpt, .data, .bdat, .quit: return false
        case .ehlo, .helo, .mail, .rset, .noop, .vrfy, .help, .expn, .starttls, .auth, .http, .unknown:
            idleCommands += 1
            return idleCommands > limits.maxCommands
        }
    }
}
