/// One row of the general table: what a reply means that no rule of the operator or of a provider is about.
package struct GeneralRow: Hashable, Sendable {
    /// Unique, for logs and documentation.
    package let name: String
    package let pattern: ReplyPattern
    package let verdict: Verdict
    /// Why, in one sentence for an operator.
    package let reason: String

    package init(_ name: String, _ pattern: ReplyPattern, _ verdict: Verdict, _ reason: String) {
        self.name = name
        self.pattern = pattern
        self.verdict = verdict
        self.reason = reason
    }
}

extension GeneralRow {
    /// In the order in which they are asked: texts and codes that say who is at fault, then phases and enhanced status codes,
    /// then the first digit.
    package static let all =
        limits + loops + recipients + [reputation, spam] + accounts + clients + senders + credentials + hosts + messages
        + [doubtful]
        + digits

    /// The row for what is neither success nor failure, such as 250 to DATA: no verdict about mail.
    package static let unexpected = GeneralRow(
        "unexpected", ReplyPattern(), Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
        "the reply answers another question than the one that was asked")

    // MARK: - The transaction, and the way

    private static let limits = [
        GeneralRow(
            "too-many-recipients", ReplyPattern(statuses: ["x.5.3"], phases: [.rcpt], except: rates),
            Verdict(.recipient, .nextTransaction),
            "the transaction has as many recipients as the server takes (RFC 3463 section 3.6)"),
        GeneralRow(
            "too-many-recipients-by-text",
            ReplyPattern(
                "too many recipients", "too many rcpt", "maximum number of recipients", "max number of recipients",
                "maximum recipients", "recipients limit", "recipient limit", "recipients exceed",
                "number of recipients",
                "too many envelope recipients", phases: [.rcpt], except: rates),
            Verdict(.recipient, .nextTransaction),
            "the transaction has as many recipients as the server takes (RFC 5321 section 4.5.3.1.10)"),
        GeneralRow(
            "no-further-recipient",
            ReplyPattern(
                codes: [452, 552], phases: [.rcpt], followsRecipient: true,
                except: rates
                    + .init(
                        statuses: ["x.1.x", "x.2.x", "x.3.x", "x.4.x", "x.7.x"],
                        texts: ["mailbox", "inbox", "quota", "storage", "user", "account", "disk", "space", "system"])),
            Verdict(.recipient, .nextTransaction),
            "the code that RFC 5321 section 4.5.3.1.10 has for a recipient too many, after one that was taken"),
    ]

    /// Words of a limit that another transaction meets as well.
    private static let rates = ReplyPattern.Exceptions(
        texts: ["hour", "today", "per day", "daily", "per minute", "minute", "month", "rate", "quota", "your account"])

    private static let loops = [
        GeneralRow(
            "loop",
            ReplyPattern(
                statuses: ["x.4.6", "x.4.14"], phases: transaction, except: .init(texts: ["quota", "limit"])),
            Verdict(.message, .nextUpstream),
            "the message runs in a circle through this upstream (RFC 3463 section 3.5)"),
        GeneralRow(
            "loop-by-text",
            ReplyPattern(
                "too many hops", "hop count", "mail loop", "message loop", "routing loop", "loops back to",
                "delivery loop", "looping", "too many received", "loop detected", "maximum hops", phases: transaction),
            Verdict(.message, .nextUpstream), "the message runs in a circle through this upstream"),
    ]

    // MARK: - Recipient

    private static let recipients = [
        GeneralRow(
            "unknown-recipient",
            ReplyPattern(
                digit: 5, statuses: ["x.1.1", "x.1.3", "x.1.6", "x.1.10", "x.2.1"], phases: [.rcpt, .dot],
                except: .init(texts: ["your account", "relay", "sending"])),
            Verdict(.recipient, .fail), "there is no such mailbox, or it takes no mail (RFC 3463 sections 3.2 and 3.3)"),
        GeneralRow(
            "unknown-domain",
            ReplyPattern(
                digit: 5, statuses: ["x.1.2"], phases: [.rcpt],
                except: .init(texts: ["your account", "relay", "sending"])),
            Verdict(.recipient, .fail), "there is no such domain, or nobody takes its mail (RFC 3463 section 3.2)"),
        GeneralRow(
            "said-by-another-server",
            ReplyPattern(
                "callout", "in reply to rcpt", "undeliverable address", "unverified address", " said: ", "remote host",
                "remote server", "remote mta", phases: [.rcpt], except: .init(statuses: ["x.1.7", "x.1.8"])),
            Verdict(.recipient, .nextUpstream), "the server passes on what the recipient's server has said"),
        GeneralRow(
            "way-to-recipient",
            ReplyPattern(digit: 4, statuses: ["x.1.2", "x.4.1", "x.4.3", "x.4.4"], phases: [.rcpt]),
            Verdict(.recipient, .nextUpstream),
            "the server does not find the recipient's server now (RFC 3463 sections 3.2 and 3.5)"),
        GeneralRow(
            "recipient-restricted",
            ReplyPattern(
                digit: 5, statuses: ["x.7.124", "x.7.129", "x.7.133", "x.7.134", "x.7.135", "x.7.136"],
                phases: [.rcpt, .dot]),
            Verdict(.recipient, .fail), "the recipient takes mail from some senders only (Exchange)"),
        GeneralRow(
            "recipient-restricted-by-text",
            ReplyPattern("resolver.rst", "resolver.adr", digit: 5, phases: [.rcpt, .dot]), Verdict(.recipient, .fail),
            "the recipient is unknown, or takes mail from some senders only (Exchange)"),
        GeneralRow(
            "mailbox-full-for-now", ReplyPattern(digit: 4, statuses: ["x.2.2"], phases: [.rcpt, .dot], except: ours),
            Verdict(.recipient, .retryLater), "the recipient's mailbox is full, which passes (RFC 3463 section 3.3)"),
        GeneralRow(
            "mailbox-full", ReplyPattern(digit: 5, statuses: ["x.2.2"], phases: [.rcpt, .dot], except: ours),
            Verdict(.recipient, .fail), "the recipient's mailbox is full (RFC 3463 section 3.3)"),
        GeneralRow(
            "mailbox-full-for-now-by-text", mailboxFull(digit: 4), Verdict(.recipient, .retryLater),
            "the recipient's mailbox is full, which passes"),
        GeneralRow(
            "mailbox-full-by-text", mailboxFull(digit: 5), Verdict(.recipient, .fail), "the recipient's mailbox is full"
        ),
        GeneralRow(
            "mailbox-busy",
            ReplyPattern("receiving mail too quickly", "receiving mail at a rate", digit: 4, phases: [.rcpt, .dot]),
            Verdict(.recipient, .retryLater), "the recipient gets too much mail, from whomever"),
        GeneralRow(
            "mailbox-busy-by-status",
            ReplyPattern(statuses: ["x.2.120", "x.2.121", "x.2.122"], phases: [.rcpt, .dot]),
            Verdict(.recipient, .retryLater), "the recipient gets too much mail this hour (Exchange)"),
        GeneralRow(
            "greylisted",
            ReplyPattern(
                "greylist", "graylist", "grey list", "grey-list", digit: 4, phases: [.rcpt, .data, .dot]),
            Verdict(.recipient, .retryLater), "the server wants to see the same mail again later (RFC 6647)"),
    ]

    /// Words of a server that speaks about the mailbox that we send from.
    private static let ours = ReplyPattern.Exceptions(
        texts: ["sending", "submission", "your mailbox", "your account", "sender's", "sender*quota"])

    private static func mailboxFull(digit: UInt16) -> ReplyPattern {
        ReplyPattern(
            "mailbox full", "mailbox*is full", "mailbox*over quota", "mailbox*quota exceeded", "mailbox*exceeded",
            "mailbox size limit", "user*over quota", "recipient*over quota", "tried to reach is over quota",
            "inbox is full", "exceeded storage allocation", "recipient*quota exceeded", "exceeds*storage quota",
            "account is over quota", digit: digit, phases: [.rcpt, .dot], except: ours)
    }

    /// Before the content and the machine: the domain is the sender's.
    private static let reputation = GeneralRow(
        "sender-reputation",
        ReplyPattern(
            "reputation of the sending domain", "reputation of the domain", "reputation of the sender domain",
            "reputation of your domain", "reputation of your sending domain", "reputation of the sender's domain",
            "domain reputation", "domain's reputation"),
        .senderFault, "the sender's domain has a bad name here, and perhaps not elsewhere")

    /// Before the accounts: what a filter says of the content may name an address or a reputation too.
    private static let spam = GeneralRow(
        "content-refused",
        ReplyPattern(
            "message*spam", "spam message", "spam detected", "spam content", "as spam", "virus", "malware", "phishing",
            "content rejected", "message content", "content*not accepted", "blocked attachment", digit: 5,
            phases: [.data, .dot], except: .init(texts: ["account", " sending", "client host", "outgoing", "outbound"])),
        Verdict(.message, .fail), "the server does not take what the message says")

    // MARK: - Account

    private static let accounts = [
        GeneralRow(
            "sending-stopped",
            ReplyPattern(
                texts: [
                    "sending paused", "sending*is paused", "sending*suspended", "sending*disabled", "sending*blocked",
                    "sending is off", "outgoing*suspended", "outgoing*disabled", "outgoing*blocked",
                    "outbound*suspended", "outbound*disabled", "outbound*blocked", "outbound spam", "outgoing spam",
                    "unusual sending activity", "mail service has been suspended", "your account*pending",
                    "your account*not*activated", "sending account", "account may not send", "trial has ended",
                ] + stopped, atRecipient: aboutUs, except: theirs),
            .accountFault, "the provider lets this account send nothing"),
        GeneralRow(
            "our-quota",
            ReplyPattern(
                "sender hourly quota", "sender daily quota", "sender monthly quota", "sender quota", "submission quota",
                "sender's*quota", "sending quota", "exceeded your", "reached your", "used up your", "sending allowance",
                "exceeded the max*per hour", "exceeded the max*per day", "daily smtp relay",
                "limit for sending", except: pace),
            .accountFault, "the account has used up what it may send"),
        GeneralRow(
            "quota-exceeded",
            ReplyPattern(texts: quotas, atRecipient: aboutUs, except: theirs + pace),
            .accountFault, "the account has used up what it may send"),
        GeneralRow(
            "account-or-recipient", ReplyPattern(texts: stopped + quotas, phases: [.rcpt], except: pace),
            Verdict(.recipient, .nextUpstream), "an account is stopped or full, ours or the recipient's"),
        GeneralRow(
            "slow-down",
            ReplyPattern(
                "throttl", "rate limit", "ratelimit", "rate-limit", "rate exceeded", "sending rate",
                "too many messages", "too many emails", "too many mails", "too many requests", "too many connections",
                "too many concurrent", "too many sessions", "too many simultaneous", "too many recipients*this",
                "concurrent connection", "connection limit", "connections limit", "connection rate", "message rate",
                "sessions exceed", "slow down", "too fast", "too quickly", "too much mail", "too frequent",
                "per second", "per minute", "limit exceeded", "thread limit", "server busy", "server is busy",
                "system busy", "too busy", "overloaded", "submission rate",
                except: .init(
                    texts: [
                        " size", "spam", " hop", " line", "header", "attachment", "length", "recipient", "mailbox",
                        "this user", "user unknown",
                    ])),
            .slower, "the server takes mail, but less of it than it gets"),
        GeneralRow(
            "recipient-rate",
            ReplyPattern(
                "too many recipients*this hour", "too many recipients*today", "recipient rate limit",
                "recipients*per hour", "recipients*per minute"),
            .slower, "the server takes mail, but for fewer recipients than it gets"),
        GeneralRow(
            "concurrency", ReplyPattern(codes: [432], phases: [.greeting, .mail, .rcpt, .data, .dot]), .slower,
            "the server takes fewer connections than it gets"),
        GeneralRow(
            "congestion", ReplyPattern(statuses: ["x.4.5"]), .slower, "the server is congested (RFC 3463 section 3.5)"),
        GeneralRow(
            "auth-refused", ReplyPattern(phases: [.auth]), .accountFault,
            "the server does not let us log in (RFC 4954 section 6)"),
    ]

    private static let stopped = [
        "account*suspended", "suspended account", "account*disabled", "account*deactivated", "account*blocked",
        "account*locked", "account*terminated", "account*on hold", "account*not*activated", "account is inactive",
        "account*not active", "account*closed", "account*restricted", "account*under review", "account*pending",
        "account*banned", "account*expired", "subscription*expired", "trial*expired", "license*expired",
    ]

    private static let quotas = [
        "credits exceeded", "credit limit", "insufficient credit", "not enough credit", "no credits", "out of credit",
        "no more credit", "credits*exhausted", "quota*exceeded", "exceeded*quota", "quota*reached", "reached*quota",
        "over quota", "quota*exhausted", "daily*limit", "monthly*limit", "hourly*limit", "limit*per day",
        "limit*per month", "limit*per hour", "per day*limit", "per hour*limit", "exceeded*daily", "exceeded*monthly",
        "sending limit", "messaging limits", "plan limit", "payment required", "unpaid", "overdue",
    ]

    /// Words of a server that speaks about us; without one of them, an account at RCPT may be the recipient's.
    private static let aboutUs = [
        "your account", "your smtp", "your subscription", "your plan", "your domain", "your trial", "your limit",
        "your quota", "your daily", "your hourly", "your monthly", "you have exceeded", "you have reached",
        "you have no", "you've", "you are out of", " sending", "submission", "outgoing", "outbound", "smtp relay",
        "sasl", "sender address rejected", "unpaid invoice",
    ]

    /// Words of a server that speaks about the recipient's account.
    private static let theirs = ReplyPattern.Exceptions(
        statuses: [
            "x.1.1", "x.1.2", "x.1.3", "x.1.6", "x.1.10", "x.2.1", "x.2.2", "x.2.120", "x.2.121", "x.2.122",
        ],
        texts: [
            "recipient", "tried to reach", "trying to contact", "trying to reach", "mailbox", "the user's",
            "this user's", "addressee", "discontinued", "cannot be delivered",
        ])

    /// Words about how fast mail comes, or how large it is.
    private static let pace = ReplyPattern.Exceptions(
        statuses: ["x.3.4"], texts: [" rate", "per second", "per minute", " size"])

    private static let clients = [
        GeneralRow(
            "client-refused",
            ReplyPattern(
                "client host*rejected", "client host*blocked", "client host*denied", "helo command rejected",
                "ehlo command rejected", "your ip", "ip address*not authorized", "ip address*not allowed",
                "ip address*blocked", "ip address*blacklist", "ip address*blocklist", " ip*is blocked",
                " ip*not whitelisted", "unauthorized ip", "ip not authorized", "connecting ip", "from this ip",
                "bad reputation", "poor reputation", "low reputation", "reverse dns", "ptr record", "is in an rbl",
                "is in a black list",
                except: .init(texts: ["for rcpt domain", "url", "link", "spf", "dmarc"])),
            .accountFault, "the server takes no mail from this machine"),
        GeneralRow(
            "client-refused-by-status", ReplyPattern(statuses: ["x.7.25"]), .accountFault,
            "the server takes no mail from this machine (RFC 7372 section 3.3)"),
    ]

    // MARK: - Sender

    private static let senders = [
        GeneralRow(
            "sender-refused",
            ReplyPattern(
                "address is not verified", "address not verified", "domain is not verified", "domain not verified",
                "sender*not verified", "from*not verified", "unverified", "not a verified", "verified sender",
                "sender verify failed", "sender verification failed", "sender identity", "sender signature",
                "unconfigured sending domain", "not allowed to send", "not authorized to send", "not permitted to send",
                "sendasdenied", "send as this sender", "sender address*rejected", "sender rejected",
                "sender address*refused",
                "sender*not allowed", "sender*not authorized", "sender*not valid", "not owned by", "from address*not",
                "from header*not", "domain*not associated with your account", "invalid sender", "sender*blocked",
                "sender*blacklist", "bad outbound sender", "unregistered domain", "mail from*not allowed",
                "mail from*rejected", "restricted to sending domain", "sending domain*not active",
                except: .init(texts: ["recipient", "send to", "virus", "unauthenticated"])),
            .senderFault, "this provider does not take this sender, and another one may"),
        GeneralRow(
            "sender-refused-by-status", ReplyPattern(statuses: ["x.1.7", "x.1.8", "x.7.27"]), .senderFault,
            "this provider does not take this sender's address (RFC 3463 section 3.2, RFC 7505 section 4.2)"),
        GeneralRow(
            "sender-not-vouched-for",
            ReplyPattern(statuses: ["x.7.20", "x.7.21", "x.7.22", "x.7.23", "x.7.24", "x.7.26"]), .senderFault,
            "the sender's domain does not vouch for this provider (RFC 7372 section 3)"),
        GeneralRow(
            "sender-not-vouched-for-by-text",
            ReplyPattern("dmarc", "spf check", "spf fail", "spf validation", "for policy reasons"),
            .senderFault, "the sender's domain does not vouch for this provider"),
    ]

    // MARK: - Credentials and relaying

    private static let credentials = [
        GeneralRow(
            "credentials", ReplyPattern(codes: [530, 534, 535, 538]), .accountFault,
            "the server wants other credentials than it has got (RFC 4954 section 6)"),
        GeneralRow(
            "credentials-by-status",
            ReplyPattern(
                statuses: ["x.7.8", "x.7.9", "x.7.11", "x.7.13", "x.7.14"], except: .init(texts: ["policy reasons"])),
            .accountFault, "the server wants other credentials than it has got (RFC 4954 section 6, RFC 5248)"),
        GeneralRow(
            "credentials-by-text",
            ReplyPattern(
                "authentication required", "authentication is required", "authentication failed",
                "authentication unsuccessful", "authentication failure", "not authenticated", "unauthenticated sender",
                "must authenticate", "must be authenticated", "need to authenticate", "valid credentials",
                "credentials invalid", "credentials are", "bad credentials", "wrong credentials",
                "your credentials", "invalid login",
                "login failed", "api key", "username and password", "auth first", "please authenticate",
                "requires authentication", "authenticate first", "log in first", "not logged in",
                "permission to submit", "permissions to submit",
                except: .init(texts: ["dkim", "phish"])),
            .accountFault, "the server wants other credentials than it has got"),
        GeneralRow(
            "relay-denied",
            ReplyPattern(
                "relay access denied", "relaying denied", "relay denied", "relay not permitted",
                "relaying not permitted", "relaying not allowed", "relay not allowed", "relaying*disallowed",
                "unable to relay", "cannot relay", "not permitted to relay", "not allowed to relay",
                "not authorized to relay", "relay*prohibited", "relaying is denied", "do not relay", "does not relay",
                "won't relay", "no relaying", "not a relay", "not an open relay", "relay operation rejected"),
            .accountFault, "the server does not relay for us"),
    ]

    // MARK: - Host

    private static let hosts = [
        GeneralRow(
            "closing", ReplyPattern(codes: [421]), .hostFault, "the server ends the session (RFC 5321 section 3.8)"),
        GeneralRow("greeting", ReplyPattern(phases: [.greeting]), .hostFault, "the server takes no session"),
        GeneralRow(
            "host-in-trouble",
            ReplyPattern(digit: 4, statuses: ["x.3.0", "x.3.1", "x.3.2", "x.3.3", "x.3.5"], phases: transaction),
            .hostFault, "the server is in trouble (RFC 3463 section 3.4)"),
        GeneralRow(
            "host-failed", ReplyPattern(digit: 5, statuses: ["x.3.1", "x.3.2", "x.3.5"], phases: transaction),
            .hostFault, "the server is in trouble (RFC 3463 section 3.4)"),
        GeneralRow(
            "host-in-trouble-by-text",
            ReplyPattern(
                "temporary local problem", "local error in processing", "temporary service failure",
                "temporary server error", "system storage", "out of memory", "unavailable*try again",
                "lookup failure", "maintenance", "backend", "database", "timeout", "timed out", digit: 4,
                phases: transaction, except: .init(texts: ["mailbox", "dns", "domain", "destination"])),
            .hostFault, "the server is in trouble"),
        GeneralRow(
            "host-failed-by-text",
            ReplyPattern(
                "internal server error", "internal error", "internal failure", "system storage",
                "queue file write error", "service unavailable", "service temporarily unavailable",
                "service not available", "server configuration error", phases: transaction,
                except: .init(texts: ["mailbox", "blocked"])),
            .hostFault, "the server is in trouble"),
        GeneralRow(
            "out-of-order", ReplyPattern(codes: [502, 503], phases: [.mail, .rcpt, .data]), .hostFault,
            "the server has lost the thread of the session (RFC 5321 section 4.3.2)"),
    ]

    private static let transaction: [OutcomePhase] = [.mail, .rcpt, .data, .dot]

    // MARK: - Message

    private static let messages = [
        GeneralRow(
            "message-too-large", ReplyPattern(digit: 5, statuses: ["x.3.4"], phases: [.mail, .data, .dot]),
            Verdict(.message, .fail), "the message is larger than the server takes (RFC 1870 section 6.1)"),
        GeneralRow(
            "message-not-carried", ReplyPattern(digit: 5, statuses: ["x.6.x"], phases: [.mail, .data, .dot]),
            Verdict(.message, .fail), "the server cannot carry this content (RFC 3463 section 3.7)"),
        GeneralRow(
            "message-too-large-by-code",
            ReplyPattern(codes: [552], phases: [.mail], except: .init(statuses: ["x.x.x"])), Verdict(.message, .fail),
            "the message is larger than the server takes (RFC 1870 section 6.1)"),
    ]

    // MARK: - Account, perhaps

    private static let doubtful = GeneralRow(
        "account-in-doubt",
        ReplyPattern(
            "your account", "your plan", "your subscription", "your license", "your trial", "your tenant",
            "your domain*blocked", "your domain*suspended", "user suspended", "user is suspended", "suspended user",
            "account needs", "email limit", "message limit", "mail limit",
            phases: [.rcpt, .data, .dot],
            except: pace
                + .init(statuses: theirs.statuses, texts: ["recipient's", "mailbox", "virus", "malware", "attachment"])),
        Verdict(.account, .nextUpstream), "the server may mean our account, and another one has another account")

    // MARK: - Phase and first digit

    private static let digits = [
        GeneralRow(
            "mail-later", ReplyPattern(digit: 4, phases: [.mail, .data]),
            Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
            "the server takes no mail now, whatever it is"),
        GeneralRow(
            "mail-refused", ReplyPattern(digit: 5, phases: [.mail]), .senderFault,
            "the server does not take this sender, and another one may"),
        GeneralRow(
            "data-refused", ReplyPattern(digit: 5, phases: [.data]), Verdict(.message, .secondOpinion),
            "the server does not take this message, and does not say in known words why"),
        GeneralRow(
            "recipient-later", ReplyPattern(digit: 4, phases: [.rcpt]), Verdict(.recipient, .nextUpstream),
            "the server does not take this recipient now, and another one may"),
        GeneralRow(
            "recipient-refused", ReplyPattern(digit: 5, phases: [.rcpt]), Verdict(.recipient, .secondOpinion),
            "the server does not take this recipient, and does not say in known words why"),
        GeneralRow(
            "message-later", ReplyPattern(digit: 4, phases: [.dot]), Verdict(.message, .retryLater),
            "the server does not take this message now"),
        GeneralRow(
            "message-refused", ReplyPattern(digit: 5, phases: [.dot]), Verdict(.message, .secondOpinion),
            "the server does not take this message, and does not say in known words why"),
    ]
}
