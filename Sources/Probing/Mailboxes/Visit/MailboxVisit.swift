internal import Mailbox

/// One session with a mailbox: what to ask the server for next, and what comes of it. A value without IO or a clock.
///
/// Octets and wishes go in; after each of them ``next(now:into:)`` is called until it returns nil, and then `out` is
/// written. Times are those since any fixed start.
protocol MailboxVisit: ~Copyable, Sendable {
    /// When ``deadlineReached(now:into:)`` is due; nil while only the owner is awaited.
    var deadline: Duration? { get }
    /// What is to be kept for the next session.
    var memory: MailboxMemory { get }
    /// The shortest time between two logins; nil if the server names none.
    var loginDelay: Duration? { get }
    /// The authenticator that has left a challenge to the owner; nil if none has.
    var waitingAuthenticator: (any Authenticator)? { get }

    /// What has happened; nil once there is nothing left.
    mutating func next(now: Duration, into out: inout [UInt8]) -> VisitEvent?

    mutating func received(_ octets: some Collection<UInt8>, now: Duration, into out: inout [UInt8])
    mutating func tlsEstablished(now: Duration, into out: inout [UInt8])
    mutating func connectionEnded()
    mutating func deadlineReached(now: Duration, into out: inout [UInt8])

    mutating func authenticate(_ authenticator: any Authenticator, now: Duration, into out: inout [UInt8])
    /// Logs in with the protocol's own command.
    mutating func login(username: String, password: [UInt8], now: Duration, into out: inout [UInt8])
    mutating func respond(
        _ response: [UInt8]?, _ authenticator: any Authenticator, now: Duration, into out: inout [UInt8])

    /// Answers ``VisitEvent/found(_:)``, before the next event.
    mutating func judge(isOurs: Bool)
    /// Looks into all folders once more, after a look that is under way. With POP3, a session is one look.
    mutating func look(now: Duration, into out: inout [UInt8])
    /// Ends the session; ``VisitEvent/over(_:)`` follows.
    mutating func leave(now: Duration, into out: inout [UInt8])
}

/// What a visit reports.
enum VisitEvent: Hashable, Sendable {
    /// Insert TLS, and call ``MailboxVisit/tlsEstablished(now:into:)`` once it is up.
    case startTLS
    /// Call ``MailboxVisit/authenticate(_:now:into:)`` or ``MailboxVisit/login(username:password:now:into:)``.
    case authenticate(LoginOffer)
    /// Call ``MailboxVisit/respond(_:_:now:into:)``.
    case challenge([UInt8])
    /// Log in another way, or close.
    case loginRefused(MailboxError)
    /// Call ``MailboxVisit/judge(isOurs:)``.
    case found(FoundMessage)
    /// A look that began then has seen every folder.
    case looked(from: Duration)
    /// Probes cannot be deleted.
    case kept(MailboxError)
    /// Close; nil if the session ended as it should.
    case over(MailboxError?)
}
