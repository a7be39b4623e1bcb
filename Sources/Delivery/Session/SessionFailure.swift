internal import Mail
internal import SMTP
internal import Upstreams

/// Why a session ended: what happened, at which step, and whose fault it was.
struct SessionFailure {
    /// What happened. The texts are informational; no decision depends on them.
    enum What: Hashable {
        /// No connection could be made.
        case unreachable(String)
        case closed
        case connectionLost(String)
        /// The server refused to continue; the text of its reply.
        case refused(String)
        case unexpectedReply(String)
        /// The server sent something other than SMTP.
        case notSMTP(String)
        /// TLS could not be established.
        case tls(String)
        /// We could not log in, or the server did not prove who it is.
        case login(String)
        /// The server does not offer what the session needs.
        case unavailable(String)
        case noReply(after: Duration)
        /// No session of the upstream has received anything.
        case noReplyInAnySession
        /// QUIT was answered.
        case goodbye
        case stopping
        /// The health check that the session belongs to is over.
        case checkOver
        /// This machine has no descriptor, memory or local port left.
        case shortage(String)
        case attemptNotRecorded(String)
        case contentUnreadable(QueueID)
        /// The server asks for a message that has gone through another upstream.
        case messageGone
    }

    /// Whose fault it was; the fate of the session's messages depends on it.
    enum Fault: Hashable {
        case upstream
        /// The upstream refuses our account, which alone opens the circuit.
        case account
        /// The server closed a working session before it answered anything new, as it may.
        case nobody
        /// The server may have dropped pipelined commands: it has answered the first and none after it.
        case pipelining
        /// The server has ended the session amid the recipients of a transaction, of which it may not take as many.
        case recipients(answered: Int, of: Int)
        /// Nobody's: a message has its reply, and this session cannot carry another.
        case spent
        /// A shutdown, a shortage of this machine, or a spool that could not be written or read.
        case ours
    }

    let what: What
    let phase: ClientPhase
    /// The reply that refused to continue, if any.
    let reply: Reply?
    let fault: Fault
    /// What the session had been through before.
    var standing = SessionStanding.new
    /// Whether one of several addresses was only slow to greet.
    var hasSlowAddress = false
    /// Whether the server owed nothing but replies that concern no message.
    var isBehindResult = false
    /// Whether every address has refused the connection, as a server does that has enough of them.
    var isConnectionRefused = false

    /// - Parameter fault: nil for the usual one.
    init(_ what: What, at phase: ClientPhase, reply: Reply? = nil, fault: Fault? = nil) {
        self.what = what
        self.phase = phase
        self.reply = reply
        self.fault = fault ?? what.usualFault
    }

    /// The same by another's fault.
    func blaming(_ fault: Fault) -> SessionFailure {
        var failure = SessionFailure(what, at: phase, reply: reply, fault: fault)
        failure.standing = standing
        failure.isBehindResult = isBehindResult
        return failure
    }

    /// Whether the server was connected, and owed its greeting: a slow one does so, too.
    ///
    /// - Parameter limit: how long the slowest may take.
    func isSlowGreeting(within limit: Duration) -> Bool {
        switch what {
        case .noReply(let waited): phase.isOpening && waited < limit
        case .noReplyInAnySession: phase.isOpening
        case .unreachable, .closed, .connectionLost, .refused, .unexpectedReply, .notSMTP, .tls, .login, .unavailable,
            .goodbye, .stopping, .checkOver, .shortage, .attemptNotRecorded, .contentUnreadable, .messageGone:
            hasSlowAddress
        }
    }

    /// The phase, and what happened.
    var summary: String { "\(phase.rawValue): \(reason)" }

    /// One line for the log.
    var reason: String {
        switch what {
        case .unreachable(let text), .refused(let text), .notSMTP(let text), .tls(let text), .login(let text),
            .unavailable(let text), .shortage(let text):
            text
        case .closed: "connection closed by the upstream"
        case .connectionLost(let text): "connection lost: \(text)"
        case .unexpectedReply(let text): "unexpected reply: \(text)"
        case .noReply(let waited): "no reply within \(waited.wholeMilliseconds) ms at \(phase.rawValue)"
        case .noReplyInAnySession: "no reply at \(phase.rawValue), nor in any other session"
        case .goodbye: "closed after QUIT"
        case .stopping: "the relay is stopping"
        case .checkOver: "the check is over"
        case .attemptNotRecorded(let text): "the spool cannot record the attempt: \(text)"
        case .contentUnreadable(let id): "content of \(id) could not be read"
        case .messageGone: "its message has gone through another upstream"
        }
    }
}

extension ClientPhase {
    /// Whether there is a connection that does not accept mail yet.
    fileprivate var isOpening: Bool {
        switch self {
        case .banner, .ehlo, .startTLS, .tls, .auth: true
        case .connect, .mail, .rcpt, .data, .content, .dot, .rset, .noop, .quit, .idle: false
        }
    }
}

extension SessionFailure.What {
    /// Whether it is only that the server says nothing.
    var isSilence: Bool {
        switch self {
        case .noReply, .noReplyInAnySession: true
        case .unreachable, .closed, .connectionLost, .refused, .unexpectedReply, .notSMTP, .tls, .login, .unavailable,
            .goodbye, .stopping, .checkOver, .shortage, .attemptNotRecorded, .contentUnreadable, .messageGone:
            false
        }
    }

    /// Whose fault it is, if nothing else is known.
    var usualFault: SessionFailure.Fault {
        switch self {
        case .unreachable, .closed, .connectionLost, .refused, .unexpectedReply, .notSMTP, .tls, .unavailable, .noReply,
            .noReplyInAnySession, .goodbye:
            .upstream
        case .login: .account
        case .stopping, .checkOver, .shortage, .attemptNotRecorded, .contentUnreadable, .messageGone: .ours
        }
    }
}
