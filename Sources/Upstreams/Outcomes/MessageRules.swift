/// Rules about the message itself.
extension DefaultRule {
    /// Before the account rules: a filter's comment on the content may name an address or a reputation too.
    static let spam = DefaultRule(
        "content-refused",
        ReplyPattern(
            "message*spam", "spam message", "spam detected", "spam content", "as spam", "virus", "malware", "phishing",
            "content rejected", "message content", "content*not accepted", "content denied", "content policy",
            "blocked attachment", "illegal attachment", "attachment*forbidden", "infected", "eicar", "spamassassin",
            "spam score", digit: 5,
            phases: [.data, .dot], except: aboutUsAndSpam),
        Verdict(.message, .fail), "the server refuses the content")

    /// The server is talking about where the mail comes from, not about its content.
    static let aboutUsAndSpam = ReplyPattern.Exceptions(
        texts: [
            "(ip)", "account", " sending", "client host", "outgoing", "outbound", "your ip", "ip address", " ip ",
            "your host", "your server", "your network", "listed", "blocklist", "block list", "black list", " rbl",
            "dnsbl", "reputation", "spammer", "spam source", "source of spam", "authenticat", "relay", "login",
        ])

    static let messages = [
        DefaultRule(
            "message-too-large", ReplyPattern(digit: 5, statuses: ["x.3.4"], phases: [.mail, .data, .dot]),
            Verdict(.message, .fail), "the message is too large for the server (RFC 1870 section 6.1)"),
        DefaultRule(
            "message-not-carried", ReplyPattern(digit: 5, statuses: ["x.6.x"], phases: [.mail, .data, .dot]),
            Verdict(.message, .fail), "the server cannot carry this content (RFC 3463 section 3.7)"),
        DefaultRule(
            "message-too-large-by-text",
            ReplyPattern(
                "message size exceeds", "message too big", "message too large", "message is too big",
                "message is too large", "message is too long", "message file too big", "message*exceeds*size",
                "message header exceeds", "exceeds*message size", digit: 5, phases: [.mail, .data, .dot],
                except: .init(texts: ["mailbox", "quota", "account", "plan"])),
            Verdict(.message, .fail), "the message is too large for the server (RFC 1870 section 6.1)"),
        DefaultRule(
            "message-too-large-by-code",
            ReplyPattern(codes: [552], phases: [.mail], except: .init(statuses: ["x.x.x"])), Verdict(.message, .fail),
            "the message is too large for the server (RFC 1870 section 6.1)"),
    ]
}
