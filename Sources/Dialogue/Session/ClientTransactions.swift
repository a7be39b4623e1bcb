internal import SMTP

/// Which transaction of a client's session a line belongs to. A value without IO.
///
/// From MAIL to the reply to the final dot, or to the command that resets. A MAIL that is refused begins one as well, so
/// that the RCPTs pipelined behind it show whom it was for.
struct ClientTransactions: Sendable {
    private(set) var current: Int?
    private var last = 0
    /// Whether the next command is no longer part of it.
    private var isEnding = false

    /// A session that is in a transaction already.
    mutating func joined() -> Int {
        last += 1
        current = last
        return last
    }

    /// - Parameter isOpen: whether the session is in a transaction, so that MAIL begins none.
    /// - Returns: which transaction the command has ended and which it has begun, if any.
    mutating func command(_ verb: CommandVerb, isOpen: Bool) -> (ended: Int?, began: Int?) {
        var ended: Int?
        if isEnding { (ended, current, isEnding) = (current, nil, false) }
        switch verb {
        case .mail where !isOpen:
            ended = ended ?? current
            return (ended, joined())
        case .rset, .ehlo, .helo, .starttls, .auth, .quit: isEnding = current != nil
        case .mail, .rcpt, .data, .bdat, .noop, .vrfy, .expn, .help, .http, .unknown: break
        }
        return (ended, nil)
    }

    /// The content is complete: its reply is the last line.
    mutating func contentEnded() { isEnding = current != nil }
}
