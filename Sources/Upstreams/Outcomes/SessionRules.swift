/// Rules about the session: it is used up, and the server takes mail in a new one.
///
/// What a wrong guess costs is one connection, since no row applies to the first message of a session.
extension DefaultRule {
    static let sessions = [
        DefaultRule(
            "session-used-up",
            ReplyPattern(
                texts: usedUp, digit: 4, phases: transaction, sessions: SessionStanding.worked, except: crowdsAndPaces),
            .usedUp, "the server takes no more in this session"),
        DefaultRule(
            "session-used-up-for-good",
            ReplyPattern(
                "messages*session", "messages*connection", "mails*session", "mails*connection", "transactions",
                "reconnect", "re-connect", "new session", "new connection", digit: 5, phases: transaction,
                sessions: SessionStanding.worked,
                except: crowdsAndPaces + .init(texts: ["spam", "policy", "not allowed", "denied", "blocked"])),
            .usedUp, "the server takes no more in this session, whatever the first digit says"),
        DefaultRule(
            "session-timed-out",
            ReplyPattern(
                digit: 4, statuses: ["x.4.2"], phases: [.mail], sessions: SessionStanding.worked, except: crowdsAndPaces
            ),
            .usedUp, "the server counts the connection as broken (RFC 3463 section 3.5)"),
        DefaultRule(
            "session-closed", ReplyPattern(digit: 4, phases: [.mail], sessions: [.ended], except: crowdsAndPaces),
            .usedUp, "the server refuses to begin a message and closes a session that has worked"),
    ]

    /// The server says that it is enough for one session, or that it has waited too long in it.
    private static let usedUp = [
        "this session", "per session", "in session", "each session", "one session", "single session", "same session",
        "session limit", "session*exceeded", "session*expired", "session*timeout", "session*timed out",
        "session*too long", "session*too old", "session*over", "new session", "another session",
        "this connection", "per connection", "each connection", "one connection", "single connection",
        "same connection", "connection*too long", "connection*too old", "connection*expired", "connection*lifetime",
        "connection*age", "new connection", "another connection", "reconnect", "re-connect", "connect again",
        "transactions", "too many messages sent", "too many mails sent", "too many emails sent",
        "message limit reached", "maximum messages", "max messages", "maximum number of messages",
        "timeout waiting", "timed out waiting", "waiting for data from", "waiting for client", "waiting for command",
        "client timeout", "client timed out", "idle too long", "idle timeout", "inactivity",
    ]

    /// Limits that a new session does not get around.
    private static let crowdsAndPaces = ReplyPattern.Exceptions(
        texts: paces + ["concurren", "simultaneous", "parallel", "too many connections", "too many sessions", "quota"])
}
