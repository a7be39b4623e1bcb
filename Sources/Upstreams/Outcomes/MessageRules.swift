/// Rules about the message itself.
extension DefaultRule {
    /// Before the account rules: a filter's comment on the content may name an address or a reputation too.
    static let spam = [
        DefaultRule(
            "content-refused",
            ReplyPattern(
                "message*spam", "spam message", "spam detected", "spam content", "as spam", "content rejected",
                "content*not accepted", "content denied", "content policy", "its content", "blocked attachment",
                "illegal attachment",
                "attachment*forbidden", "infected", "spamassassin", "spam score", digit: 5, phases: [.data, .dot]),
            unless: OtherParty.besideContent,
            Verdict(.message, .fail), "the server refuses the content"),
        DefaultRule(
            "content-found",
            ReplyPattern(
                "virus", "malware", "phishing", "eicar", "message content",
                with: [
                    "detected", "found", "contain", "identified", "rejected", "refused", "blocked", "denied",
                    "discovered", "suspected", "suspicion", "caught", "classified", "flagged", "looks like",
                    "not accepted", "not allowed", "violat", "due to", "forbidden", "prohibited",
                ], digit: 5, phases: [.data, .dot]),
            unless: OtherParty.besideContent,
            Verdict(.message, .fail), "the server refuses the content"),
    ]

    static let messages = [
        DefaultRule(
            "message-too-large", ReplyPattern(digit: 5, statuses: ["x.3.4"], phases: [.mail, .data, .dot]),
            unless: OtherParty.besideSize,
            Verdict(.message, .fail), "the message is too large for the server (RFC 1870 section 6.1)"),
        DefaultRule(
            "message-not-carried", ReplyPattern(digit: 5, statuses: ["x.6.1-999"], phases: [.mail, .data, .dot]),
            unless: OtherParty.besideContent,
            Verdict(.message, .fail), "the server cannot carry this content (RFC 3463 section 3.7)"),
        // By itself x.6.0 says no more than "other".
        DefaultRule(
            "message-not-carried-by-text",
            ReplyPattern(
                "header", "malformed", "mime", "charset", "encoding", "bare lf", "bare cr", "lone cr", "lone lf",
                "8-bit", "content",
                "8bit", "attachment", "media type", "spam", "virus", "malware",
                digit: 5, statuses: ["x.6.0"], phases: [.mail, .data, .dot]),
            unless: OtherParty.besideContent,
            Verdict(.message, .fail), "the server cannot carry this content (RFC 3463 section 3.7)"),
        DefaultRule(
            "message-too-large-by-text",
            ReplyPattern(
                "message size exceeds", "message too big", "message too large", "message is too big",
                "message is too large", "message is too long", "message file too big", "message*exceeds*size",
                "message header exceeds", "exceeds*message size", digit: 5, phases: [.mail, .data, .dot]),
            unless: OtherParty.besideSize,
            Verdict(.message, .fail), "the message is too large for the server (RFC 1870 section 6.1)"),
        DefaultRule(
            "message-too-large-by-code",
            ReplyPattern(
                "size", "large", "big", "long", "octets", "bytes", "groß", "gross", "volumineux", "taille", "tamaño",
                "grande",
                codes: [552], phases: [.mail], except: .init(statuses: ["x.x.x"])),
            unless: OtherParty.besideSize, Verdict(.message, .fail),
            "the message is too large for the server (RFC 1870 section 6.1)"),
    ]
}
