internal import Mail

/// Rules about a recipient.
extension DefaultRule {
    static let recipients = [
        DefaultRule(
            "unknown-recipient",
            ReplyPattern(digit: 5, statuses: ["x.1.1", "x.1.3", "x.1.6", "x.1.10"], phases: [.rcpt, .dot]),
            unless: OtherParty.besideMailbox + [.domain, .rate],
            Verdict(.recipient, .fail), "there is no such mailbox (RFC 3463 section 3.2)", bounce: .hard),
        DefaultRule(
            "unknown-domain", ReplyPattern(digit: 5, statuses: ["x.1.2"], phases: [.rcpt]),
            unless: OtherParty.besideMailbox + [.rate],
            Verdict(.recipient, .fail), "there is no such domain, or it accepts no mail (RFC 3463 section 3.2)",
            bounce: .hard),
        DefaultRule(
            "mailbox-closed",
            ReplyPattern(texts: mailboxWords + accountWords, digit: 5, statuses: ["x.2.1"], phases: [.rcpt]),
            unless: OtherParty.besideMailbox + [.domain, .rate],
            Verdict(.recipient, .fail), "the mailbox is closed (RFC 3463 section 3.3)", bounce: .soft),
        DefaultRule(
            "mailbox-closed-at-dot", ReplyPattern(texts: mailboxWords, digit: 5, statuses: ["x.2.1"], phases: [.dot]),
            unless: OtherParty.besideMailbox + [.domain, .rate],
            Verdict(.recipient, .fail), "the mailbox is closed (RFC 3463 section 3.3)", bounce: .soft),
        DefaultRule(
            "said-by-another-server",
            ReplyPattern(
                "callout", "in reply to rcpt", "undeliverable address", "unverified address", " said: ", "remote host",
                "remote server", "remote mta", phases: [.rcpt], except: .init(statuses: ["x.1.7", "x.1.8"])),
            Verdict(.recipient, .nextUpstream), "the server relays a reply of the recipient's server"),
        DefaultRule(
            "way-to-recipient",
            ReplyPattern(digit: 4, statuses: ["x.1.2", "x.4.1", "x.4.3", "x.4.4"], phases: [.rcpt]),
            Verdict(.recipient, .nextUpstream),
            "the server cannot reach the recipient's server at present (RFC 3463 sections 3.2 and 3.5)"),
        DefaultRule(
            "recipient-restricted",
            ReplyPattern(
                digit: 5, statuses: ["x.7.124", "x.7.129", "x.7.133", "x.7.134", "x.7.135", "x.7.136"],
                phases: [.rcpt, .dot]),
            Verdict(.recipient, .fail), "the recipient accepts mail from certain senders only (Exchange)"),
        DefaultRule(
            "recipient-restricted-by-text",
            ReplyPattern("resolver.rst", "resolver.adr", digit: 5, phases: [.rcpt, .dot]), Verdict(.recipient, .fail),
            "the recipient is unknown, or accepts mail from certain senders only (Exchange)"),
        DefaultRule(
            "unknown-recipient-by-text",
            ReplyPattern(texts: unknown, digit: 5, phases: [.rcpt]),
            unless: OtherParty.besideMailbox + [.account, .domain, .rate], saysNothingElse: true,
            Verdict(.recipient, .fail), "there is no such mailbox"),
        DefaultRule(
            "unrouteable-recipient",
            ReplyPattern("unrouteable", "unroutable", "unable to route", "cannot route", digit: 5, phases: [.rcpt]),
            unless: OtherParty.besideMailbox,
            Verdict(.recipient, .secondOpinion, isRefutable: false),
            "the server finds no way to the recipient's domain, and it may be right"),
        DefaultRule(
            "mailbox-full-for-now", ReplyPattern(digit: 4, statuses: ["x.2.2"], phases: [.rcpt, .dot], except: ours),
            Verdict(.recipient, .retryLater), "the recipient's mailbox is full for now (RFC 3463 section 3.3)"),
        DefaultRule(
            "mailbox-full", ReplyPattern(digit: 5, statuses: ["x.2.2"], phases: [.rcpt]),
            unless: OtherParty.besideMailbox,
            Verdict(.recipient, .fail), "the recipient's mailbox is full (RFC 3463 section 3.3)", bounce: .soft),
        DefaultRule(
            "mailbox-full-at-dot", ReplyPattern(texts: mailboxWords, digit: 5, statuses: ["x.2.2"], phases: [.dot]),
            unless: OtherParty.besideMailbox,
            Verdict(.recipient, .fail), "the recipient's mailbox is full (RFC 3463 section 3.3)", bounce: .soft),
        DefaultRule(
            "mailbox-full-for-now-by-text", mailboxFull(digit: 4), Verdict(.recipient, .retryLater),
            "the recipient's mailbox is full for now"),
        DefaultRule(
            "mailbox-full-by-text", mailboxFull(digit: 5), unless: OtherParty.besideMailbox, Verdict(.recipient, .fail),
            "the recipient's mailbox is full"),
        DefaultRule(
            "mailbox-busy",
            ReplyPattern("receiving mail too quickly", "receiving mail at a rate", digit: 4, phases: [.rcpt, .dot]),
            Verdict(.recipient, .retryLater), "the recipient receives too much mail"),
        DefaultRule(
            "mailbox-busy-by-status",
            ReplyPattern(statuses: ["x.2.120", "x.2.121", "x.2.122"], phases: [.rcpt, .dot]),
            Verdict(.recipient, .retryLater), "the recipient receives too much mail this hour (Exchange)"),
        DefaultRule(
            "greylisted",
            ReplyPattern(
                "greylist", "graylist", "grey list", "grey-list", digit: 4, phases: [.rcpt, .data, .dot]),
            Verdict(.recipient, .retryLater), "greylisting: the server wants a retry later (RFC 6647)"),
    ]

    /// The server does not know the recipient.
    static let unknown = [
        "user unknown", "unknown user", "user is unknown", "user not found", "user does not exist",
        "user doesn't exist", "user not exist", "user doesn't have", "no such user", "no such recipient",
        "no such mailbox", "no such address", "no such email address", "no such person", "no mailbox here",
        "no mailbox by that name", "not a valid user", "not a valid mailbox", "not a known user", "recipient unknown",
        "recipient not found", "recipient does not exist", "recipient doesn't exist", "recipient unrecognized",
        "unknown recipient", "invalid recipient", "addressee unknown", "mailbox not found", "mailbox does not exist",
        "mailbox doesn't exist", "mailbox unavailable", "mailbox is unavailable", "mailbox unknown", "unknown mailbox",
        "invalid mailbox", "mailbox is frozen", "mailbox is disabled", "mailbox is inactive", "mailbox disabled",
        "unknown address", "address unknown", "address does not exist", "address doesn't exist", "address not found",
        "address couldn't be found", "address could not be found", "unknown local part", "unknown local-part",
        "not our customer", "not our user", "utilisateur inconnu", "adresse destinataire invalide",
    ]

    /// After the message, a status code of mailboxes alone may mean ours.
    static let mailboxWords = [
        "mailbox", "recipient", "inbox", "addressee", "tried to reach", "trying to reach", "trying to contact",
        "storedrv.deliver", "postfach", "empfänger", "boîte", "destinat", "buzón",
    ]

    /// At RCPT these mean the recipient's, unless the reply names us.
    static let accountWords = ["account", "user", "address", "konto", "benutzer", "compte", "utilisateur", "cuenta"]

    /// The server is talking about the sending mailbox.
    static let ours = ReplyPattern.Exceptions(
        texts: ["sending", "submission", "your mailbox", "your account", "sender's", "sender*quota"])

    static func mailboxFull(digit: UInt16) -> ReplyPattern {
        ReplyPattern(
            "mailbox full", "mailbox*is full", "mailbox*over quota", "mailbox*quota exceeded", "mailbox*exceeded",
            "mailbox size limit", "user*over quota", "recipient*over quota", "tried to reach is over quota",
            "inbox is full", "exceeded storage allocation", "recipient*quota exceeded", "exceeds*storage quota",
            "account is over quota", digit: digit, phases: [.rcpt, .dot], except: ours)
    }
}
