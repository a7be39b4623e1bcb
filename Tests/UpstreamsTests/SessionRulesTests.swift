import Mail
import Testing
import Upstreams

@Suite("Replies about the session")
struct SessionRulesTests {
    /// In a session that has taken a message, each of these means that a new one is to be opened.
    static let usedUp = [
        "451 4.4.2 Timeout waiting for data from client", "451 4.7.0 Too many messages in this session, reconnect",
        "452 4.3.2 Session limit reached", "452 4.5.3 Too many recipients: Too many messages sent",
        "421 4.7.0 Too many messages in this session", "450 4.7.1 Error: too many transactions",
        "451 4.7.0 Maximum number of messages per connection reached", "450 4.3.2 Please open a new connection",
        "451 4.7.1 Session expired", "452 4.2.1 Only 10 messages per session, please reconnect",
        "451 Connection has been open too long, reconnect", "451 4.4.2 Idle timeout",
        "550 5.7.0 Too many messages in this session", "554 5.7.1 Messages per connection exceeded",
    ]

    @Test("a session that has worked is used up", arguments: usedUp)
    func used(text: String) throws {
        let reply = try #require(Reply(parsing: text))
        for session in SessionStanding.worked {
            #expect(OutcomeRules.verdict(reply, at: .mail, session: session) == .usedUp)
        }
    }

    @Test("one that has taken nothing is not: a new session would end the same way", arguments: usedUp)
    func new(text: String) throws {
        let reply = try #require(Reply(parsing: text))
        for phase in OutcomePhase.allCases {
            #expect(OutcomeRules.verdict(reply, at: phase).action != .newSession)
        }
    }

    @Test(
        "a limit that a new session does not get around is what it was",
        arguments: [
            ("450 4.7.1 Too many messages in the last hour from this connection", FailureAction.slowDown),
            ("451 4.7.1 Rate limit exceeded for this session", .slowDown),
            ("454 Daily message quota exceeded", .nextUpstream),
            ("421 4.7.0 Too many concurrent connections", .fewerSessions),
            ("451 4.7.0 Too many simultaneous sessions", .fewerSessions),
            ("452 4.3.1 Insufficient system storage", .nextUpstream), ("451 4.7.1 Not now", .nextUpstream),
            ("550 5.7.1 Spam from this session, reconnect never", .nextUpstream),
        ])
    func others(text: String, action: FailureAction) throws {
        let reply = try #require(Reply(parsing: text))
        #expect(OutcomeRules.verdict(reply, at: .mail, session: .used).action == action)
    }

    @Test("a server that refuses to begin a message and closes a session that has worked means the session")
    func closed() throws {
        let reply = try #require(Reply(parsing: "451 4.3.0 Enough"))
        #expect(OutcomeRules.verdict(reply, at: .mail, session: .ended) == .usedUp)
        #expect(OutcomeRules.verdict(reply, at: .mail, session: .used).action == .nextUpstream)
        #expect(OutcomeRules.verdict(reply, at: .rcpt, session: .ended).action == .nextUpstream)
        let permanent = try #require(Reply(parsing: "550 5.3.0 Enough"))
        #expect(OutcomeRules.verdict(permanent, at: .mail, session: .ended).action == .nextUpstream)
    }

    @Test(
        "what is open at one time is another matter than what came in a given time",
        arguments: [
            ("421 4.7.0 Too many concurrent connections", FailureAction.fewerSessions),
            ("421 Too many connections from your IP", .fewerSessions),
            ("450 4.7.1 Error: too many connections from 203.0.113.9", .fewerSessions),
            ("451 4.3.2 Maximum number of simultaneous connections reached", .fewerSessions),
            ("421 4.3.2 Connection limit reached", .fewerSessions),
            ("452 4.3.2 Session limit reached", .fewerSessions),
            ("421 4.7.0 You have 5 parallel sessions, the maximum is 3 sessions", .fewerSessions),
            ("421 4.7.0 Connection rate limit exceeded", .slowDown), ("421 Too many connections per minute", .slowDown),
        ])
    func crowds(text: String, action: FailureAction) throws {
        let reply = try #require(Reply(parsing: text))
        for phase in [OutcomePhase.greeting, .mail] {
            let verdict = OutcomeRules.verdict(reply, at: phase)
            #expect(verdict.action == action)
            #expect(!verdict.countsAgainstCircuit && !verdict.opensCircuit)
        }
    }

    @Test("an operator's rule about sessions applies after the first message only")
    func own() throws {
        let rule = try OperatorRule(match: "enough", scope: .transport, action: .newSession)
        let book = RuleBook(own: [rule], provider: nil)
        #expect(book.verdict(Reply(450, nil, "enough"), at: .mail, session: .used) == .usedUp)
        #expect(book.verdict(Reply(450, nil, "enough"), at: .mail).action == .nextUpstream)
        #expect(book.verdict(Reply(450, nil, "enough"), at: .greeting, session: .used).action == .nextUpstream)
    }
}
