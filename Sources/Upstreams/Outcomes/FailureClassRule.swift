package import Mail

/// One row of the table that says what a failure is about: the first one whose pattern fits decides.
///
/// It decides nothing about mail, only under which name a failure is counted and told: what happens is in
/// ``DefaultRule``.
package struct FailureClassRule: Hashable, Sendable {
    package let failureClass: FailureClass
    package let pattern: ReplyPattern

    init(_ failureClass: FailureClass, _ pattern: ReplyPattern) {
        self.failureClass = failureClass
        self.pattern = pattern
    }

    /// What the failure that a reply reports is about.
    ///
    /// - Parameters:
    ///   - reply: one that is not a success at this phase.
    ///   - scope: what the rules hold it to be about; decides where no row fits.
    package static func failureClass(of reply: Reply, at phase: OutcomePhase, _ scope: FailureScope) -> FailureClass {
        let subject = ReplySubject(reply, at: phase)
        let row = all.first { $0.pattern.fits(subject) }
        return row?.failureClass ?? fallback(scope, phase)
    }

    /// By what the rules hold it to be about.
    static func fallback(_ scope: FailureScope, _ phase: OutcomePhase) -> FailureClass {
        switch scope {
        case .transport: .transport
        case .account: phase == .auth ? .authentication : .policy
        case .sender: .policy
        case .recipient: .other
        case .message: .other
        }
    }
}

extension FailureClassRule {
    /// In match order: what names its subject beyond doubt, then words, then codes that say little.
    package static let all = precise + inWords + general

    private static let precise = [
        FailureClassRule(
            .throttled, ReplyPattern("receiving mail too quickly", "receiving mail at a rate", "storedrv.submission")),
        FailureClassRule(
            .tooLarge, ReplyPattern(statuses: ["x.3.4", "x.2.3"], except: .init(texts: ["mailbox is full"]))),
        FailureClassRule(
            .authentication,
            ReplyPattern(statuses: [
                "x.7.8", "x.7.9", "x.7.12", "x.7.20-24", "x.7.26-27", "x.7.29-30", "x.7.57", "x.7.60", "x.7.515",
            ])),
        FailureClassRule(
            .authentication, ReplyPattern(codes: [530, 534, 535, 538], except: .init(texts: ["starttls"]))),
        FailureClassRule(.authentication, ReplyPattern(phases: [.auth])),
        FailureClassRule(.throttled, ReplyPattern(statuses: ["x.4.5", "x.7.28", "x.2.120", "x.2.121", "x.2.122"])),
        FailureClassRule(.spam, ReplyPattern(statuses: ["x.7.510", "x.7.511", "x.7.512", "x.7.606-649"])),
        FailureClassRule(
            .content,
            ReplyPattern("virus", "malware", "infected", "eicar", "attachment", "macro", phases: [.data, .dot])),
    ]

    private static let inWords = [
        FailureClassRule(
            .relayDenied,
            ReplyPattern(
                "relaying denied", "relay denied", "relay access denied", "relaying not", "not permitted to relay",
                "unable to relay", "relay not permitted", "not relay", "relaying is", "no relaying", "relay prohibited",
                "open relay", "relaying prohibited", "relaying disallowed", "authentication required for relay",
                "to relay",
                "don't relay", "does not relay", "must authenticate before relay", "relay access")),
        FailureClassRule(
            .tooLarge,
            ReplyPattern(
                "too large", "too big", "size limit", "maximum length", "size*exceed", "message size", "size exceeds",
                "exceeds*size", "maximum size",
                "maximum message size", "exceeded*size", "too long",
                except: .init(texts: ["line too long", "mailbox size"]))),
        FailureClassRule(
            .content, ReplyPattern("line length", "line too long", "lines too long", phases: [.data, .dot])),
        FailureClassRule(
            .throttled,
            ReplyPattern(
                "throttl", "rate limit", "ratelimit", "rate-limit", "rate exceeded", "sending rate", "per second",
                "per minute", "per hour", "per day", "too many", "slow down", "too fast", "too quickly",
                "too much mail",
                "too frequent", "greylist", "graylist", "grey list", "grey-list", "hourly", "daily", "monthly", "today",
                "quota exceeded", "credits exceeded", "sending quota", "sending limit", "message limit",
                "connection limit",
                "limit exceeded", "exceeded your", "reached your", "used up your", "concurren", "simultaneous",
                except: .init(
                    statuses: ["x.1.x", "x.2.1", "x.2.2"],
                    texts: ["mailbox", "too many hops", "disk quota", "storage", "spam", "received: header", "loop"]))),
        FailureClassRule(
            .mailboxFull,
            ReplyPattern(statuses: ["x.2.2"], except: .init(texts: ["your account", "sending", "submission"]))),
        FailureClassRule(
            .mailboxFull,
            ReplyPattern(
                "mailbox full", "mailbox*full", "mailbox*over quota", "mailbox*quota", "over quota", "quota exceeded",
                "exceeded*quota", "out of storage", "storage allocation", "inbox is full", "disk quota",
                "mailbox size limit",
                "exceeds*storage", "insufficient storage*mailbox", "overquota",
                except: .init(texts: ["your account", "sending", "submission", "your quota"]))),
        FailureClassRule(
            .authentication,
            ReplyPattern(
                "dmarc", " spf", "dkim", "not authenticated", "unauthenticated", "authentication required",
                "auth required",
                "authentication fail", "authentication credential", "login failed", "bad password", "not verified",
                "unverified", "not a verified", "sender identity", "sender signature", "verified sender",
                "must authenticate",
                "authenticat", except: .init(texts: ["recipient", "unverified address", "undeliverable address"]))),
        FailureClassRule(
            .invalidRecipient,
            ReplyPattern(
                statuses: ["x.1.0", "x.1.1", "x.1.2", "x.1.3", "x.1.6", "x.1.10", "x.2.1"], phases: [.rcpt, .dot])),
        FailureClassRule(
            .invalidRecipient, ReplyPattern(texts: DefaultRule.unknown + unknown, phases: [.rcpt, .dot])),
        FailureClassRule(
            .spam,
            ReplyPattern(
                "spam", "unsolicited", "junk", "blacklist", "blocklist", "block list", "black list", "dnsbl", "rbl",
                "uribl",
                "surbl", "listed at", "listed in", "listed on", "listed by", "reputation", "phish", "bulk mail",
                "cloudmark",
                "barracuda", "sorbs", "spamcop", "senderscore", "complaint", "score")),
        FailureClassRule(.transport, ReplyPattern(texts: troubles, except: .init(texts: ["rejected", "denied"]))),
        FailureClassRule(
            .content,
            ReplyPattern(
                "virus", "malware", "infected", "eicar", "attachment", "content", "malformed", "header", "mime",
                "charset",
                "bare lf", "bare cr", "lone cr", "lone lf", "8bit", "8-bit", "line too long", "from: field",
                "message-id",
                "subject", "rfc 5322", "rfc 2822", "rfc2822", "rfc5322", "url", phases: [.mail, .data, .dot],
                except: .init(texts: ["http", "sender address"]))),
        FailureClassRule(
            .policy,
            ReplyPattern(
                "policy", "policies", "blocked", "denied", "not allowed", "not permitted", "prohibited", "forbidden",
                "banned", "not authorized", "not accepted", "refused by", "restricted", "suspended", "disabled",
                "deactivated", "access", "rejected", "not accept", "local policy")),
    ]

    /// Words about a server that cannot do its work.
    private static let troubles = [
        "temporar", "try again", "please try", "service unavailable", "service not available", "heavy load",
        "internal error", "internal server", "processing error", "unable to queue", "disk is full", "cannot write",
        "unable to write", "cannot reach", "connection refused", "lookup failed", "system error", "resubmit later",
        "timeout",
        "timed out", "not possible right now", "local error", "not accepting messages", "maintenance", "exception",
    ]

    /// Words about a recipient that decide nothing about its mail.
    private static let unknown = [
        "recipient address rejected", "user*not", "mailbox*unavailable", "mailbox*not", "no such", "no mailbox",
        "unknown", "inactive", "does not exist", "doesn't exist", "not found", "invalid address", "bad destination",
        "address rejected", "no longer", "adresse unbekannt", "account*closed", "account*discontinued",
        "invalid domain name", "badrcptto", "disabled recipient", "recipient*disabled", "unrouteable", "unroutable",
    ]

    private static let general = [
        FailureClassRule(.content, ReplyPattern(statuses: ["x.6.x"])),
        FailureClassRule(.policy, ReplyPattern(statuses: ["x.7.x"])),
        FailureClassRule(.throttled, ReplyPattern(codes: [432, 450, 452], statuses: ["x.5.3"])),
        FailureClassRule(.transport, ReplyPattern(statuses: ["x.3.x", "x.4.x"])),
        FailureClassRule(.transport, ReplyPattern(codes: [421])),
    ]
}
