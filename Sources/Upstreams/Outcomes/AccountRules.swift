/// Rules about our account: suspended, over quota, or sending too fast.
extension DefaultRule {
    static let accounts = [
        DefaultRule(
            "sending-stopped",
            ReplyPattern(
                texts: [
                    "sending paused", "sending*is paused", "sending*suspended", "sending*disabled", "sending*blocked",
                    "sending is off", "outgoing*suspended", "outgoing*disabled", "outgoing*blocked",
                    "outbound*suspended", "outbound*disabled", "outbound*blocked", "outbound spam", "outgoing spam",
                    "unusual sending activity", "mail service has been suspended", "your account*pending",
                    "your account*not*activated", "sending account", "account may not send", "trial has ended",
                ] + stopped, atRecipient: aboutUs, except: theirs),
            .accountFault, "the provider has stopped this account from sending"),
        DefaultRule(
            "our-quota",
            ReplyPattern(
                "sender hourly quota", "sender daily quota", "sender monthly quota", "sender quota", "submission quota",
                "sender's*quota", "sending quota", "exceeded your", "reached your", "used up your", "sending allowance",
                "exceeded the max*per hour", "exceeded the max*per day", "daily smtp relay",
                "limit for sending", "your free quota", except: pace),
            .accountFault, "the account has used up its quota"),
        DefaultRule(
            "quota-exceeded",
            ReplyPattern(texts: quotas, atRecipient: aboutUs, except: theirs + pace),
            .accountFault, "the account has used up its quota"),
        DefaultRule(
            "account-or-recipient", ReplyPattern(texts: stopped + quotas, phases: [.rcpt], except: pace),
            Verdict(.recipient, .nextUpstream), "an account, ours or the recipient's, is suspended or over quota"),
        DefaultRule(
            "too-many-sessions",
            ReplyPattern(texts: crowds, except: .init(texts: paces + strangers)), .crowded,
            "the server wants fewer sessions at a time"),
        DefaultRule(
            "slow-down",
            ReplyPattern(
                "throttl", "rate limit", "ratelimit", "rate-limit", "rate exceeded", "sending rate",
                "too many messages", "too many emails", "too many mails", "too many requests", "too many connections",
                "too many concurrent", "too many sessions", "too many simultaneous", "too many recipients*this",
                "concurrent connection", "connection limit", "connections limit", "connection rate", "message rate",
                "sessions exceed", "slow down", "too fast", "too quickly", "too much mail", "too frequent",
                "per second", "per minute", "limit exceeded", "thread limit", "server busy", "server is busy",
                "system busy", "too busy", "overloaded", "submission rate", "frequency limit",
                except: .init(texts: strangers)),
            .slower, "the server wants mail more slowly"),
        DefaultRule(
            "recipient-rate",
            ReplyPattern(
                "too many recipients*this hour", "too many recipients*today", "recipient rate limit",
                "recipients*per hour", "recipients*per minute"),
            .slower, "the server wants fewer recipients in a given time"),
        DefaultRule(
            "concurrency", ReplyPattern(codes: [432], phases: [.greeting, .mail, .rcpt, .data, .dot]), .crowded,
            "the server wants fewer sessions at a time"),
        DefaultRule(
            "congestion", ReplyPattern(statuses: ["x.4.5"]), .slower, "the server is congested (RFC 3463 section 3.5)"),
        DefaultRule(
            "auth-refused", ReplyPattern(phases: [.auth]), .accountFault,
            "the server refuses our login (RFC 4954 section 6)"),
    ]

    /// The server counts what is open at one time.
    static let crowds = [
        "too many connections", "too many open", "too many concurrent", "too many sessions", "too many simultaneous",
        "too many parallel", "too many active", "too many clients", "too many smtp connections",
        "too many smtp sessions", "concurrent connection", "concurrent session", "concurrent smtp",
        "simultaneous connection", "simultaneous session", "simultaneous smtp", "parallel connection",
        "parallel session", "connection limit", "connections limit", "connections reached", "connections*exceed",
        "connections*allowed", "maximum*connections", "max connections", "maximum*sessions", "number of connections",
        "number of sessions", "sessions exceed", "session limit", "thread limit", "concurrency", "connection count",
    ]

    /// The server counts what has come in a given time.
    static let paces = [
        " rate", "per second", "per minute", "per hour", "per day", "a minute", "last minute", "last hour", "hourly",
        "daily", "today", "frequen", "recently", "too fast", "too quickly",
    ]

    /// Words of a limit that is not about our sessions.
    static let strangers = [
        " size", "spam", " hop", " line", "header", "attachment", "length", "recipient", "mailbox", "this user",
        "user unknown",
    ]

    static let stopped = [
        "account*suspended", "suspended account", "account*disabled", "account*deactivated", "account*blocked",
        "account*locked", "account*terminated", "account*on hold", "account*not*activated", "account is inactive",
        "account*not active", "account*closed", "account*restricted", "account*under review", "account*pending",
        "account*banned", "account*expired", "subscription*expired", "trial*expired", "license*expired",
    ]

    static let quotas = [
        "credits exceeded", "credit limit", "insufficient credit", "not enough credit", "no credits", "out of credit",
        "no more credit", "credits*exhausted", "quota*exceeded", "exceeded*quota", "quota*reached", "reached*quota",
        "over quota", "quota*exhausted", "daily*limit", "monthly*limit", "hourly*limit", "limit*per day",
        "limit*per month", "limit*per hour", "per day*limit", "per hour*limit", "exceeded*daily", "exceeded*monthly",
        "sending limit", "messaging limits", "plan limit", "payment required", "unpaid", "overdue", "billing",
    ]

    /// The server is talking about us; without one of these words, an account at RCPT may be the recipient's.
    static let aboutUs = [
        "your account", "your smtp", "your subscription", "your plan", "your domain", "your trial", "your limit",
        "your quota", "your daily", "your hourly", "your monthly", "you have exceeded", "you have reached",
        "you have no", "you've", "you are out of", " sending", "submission", "outgoing", "outbound", "smtp relay",
        "sasl", "sender address rejected", "unpaid invoice",
    ]

    /// The server is talking about the recipient's account.
    static let theirs = ReplyPattern.Exceptions(
        statuses: [
            "x.1.1", "x.1.2", "x.1.3", "x.1.6", "x.1.10", "x.2.1", "x.2.2", "x.2.120", "x.2.121", "x.2.122",
        ],
        texts: [
            "recipient", "disk quota", "tried to reach", "trying to contact", "trying to reach", "mailbox",
            "the user's", "this user's", "addressee", "discontinued", "cannot be delivered",
        ])

    /// Words about the rate or the size of mail.
    static let pace = ReplyPattern.Exceptions(
        statuses: ["x.3.4"], texts: [" rate", "per second", "per minute", " size"])

    static let doubtful = DefaultRule(
        "account-in-doubt",
        ReplyPattern(
            "your account", "your plan", "your subscription", "your license", "your trial", "your tenant",
            "your domain*blocked", "your domain*suspended", "user suspended", "user is suspended", "suspended user",
            "account needs", "email limit", "message limit", "mail limit",
            phases: [.rcpt, .data, .dot],
            except: pace
                + .init(statuses: theirs.statuses, texts: ["recipient's", "mailbox", "virus", "malware", "attachment"])),
        Verdict(.account, .nextUpstream), "the server may mean our account; another upstream is another account")
}
