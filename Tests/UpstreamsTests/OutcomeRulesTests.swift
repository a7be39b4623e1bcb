import Mail
import Testing
import Upstreams

/// A reply that one rule must decide, and the expected verdict; written by hand.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let rule: String
    let phase: OutcomePhase
    let reply: String
    let verdict: Verdict
    let session: SessionStanding
    var testDescription: String { "\(rule): \(reply) at \(phase.rawValue)" }

    init(
        _ rule: String, _ phase: OutcomePhase, _ reply: String, _ verdict: Verdict, session: SessionStanding = .new
    ) {
        self.session = session
        self.rule = rule
        self.phase = phase
        self.reply = reply
        self.verdict = verdict
    }

    static let transport = Verdict(.transport, .nextUpstream, countsAgainstCircuit: true)
    static let account = Verdict(.account, .nextUpstream, countsAgainstCircuit: true)
    static let refused = Verdict(.account, .nextUpstream, opensCircuit: true)
    static let slower = Verdict(.account, .slowDown)
    static let crowded = Verdict(.account, .fewerSessions)
    static let usedUp = Verdict(.transport, .newSession)
    static let sender = Verdict(.sender, .nextUpstream)
    static let bounced = Verdict(.recipient, .fail)
    static let recipientLater = Verdict(.recipient, .retryLater)
    static let messageLater = Verdict(.message, .retryLater)
    static let rejected = Verdict(.message, .fail)
    static let unknown = Verdict(.recipient, .secondOpinion)
    static let unknownSender = Verdict(.sender, .nextUpstream, isUnexplained: true)
    static let unknownContent = Verdict(.message, .secondOpinion)
    static let nextTransaction = Verdict(.recipient, .nextTransaction)
    static let loop = Verdict(.message, .nextUpstream)
}

/// RFC 3463 sections 3.2 to 3.7, RFC 5248, RFC 6647, RFC 7372 section 3, RFC 7505 section 4.2.
@Suite("Outcome rules")
struct OutcomeRulesTests {
    static let rows: [RuleCase] = [
        RuleCase("unknown-recipient", .rcpt, "550 5.1.1 <a@example.org>: User unknown", RuleCase.bounced),
        RuleCase("unknown-recipient", .dot, "550 5.1.10 RESOLVER.ADR.RecipientNotFound", RuleCase.bounced),
        RuleCase("unknown-domain", .rcpt, "550 5.1.2 Host unknown (Name server: overdue.example)", RuleCase.bounced),
        RuleCase(
            "said-by-another-server", .rcpt, "550-Callout verification failed: 550 relay not permitted",
            Verdict(.recipient, .nextUpstream)),
        RuleCase("way-to-recipient", .rcpt, "450 4.4.3 Timeout", Verdict(.recipient, .nextUpstream)),
        RuleCase("recipient-restricted", .rcpt, "550 5.7.134 Authentication required", RuleCase.bounced),
        RuleCase("recipient-restricted-by-text", .dot, "550 5.7.1 RESOLVER.RST.AuthRequired", RuleCase.bounced),
        RuleCase("unknown-recipient-by-text", .rcpt, "550 No such user here", RuleCase.bounced),
        RuleCase("unknown-recipient-by-text", .rcpt, "550 5.7.1 <a@example.org>: User unknown", RuleCase.bounced),
        RuleCase(
            "unknown-recipient-by-text", .rcpt, "550 Requested action not taken: mailbox unavailable", RuleCase.bounced),
        RuleCase("mailbox-busy-by-status", .rcpt, "554 5.2.122 Limit per hour", RuleCase.recipientLater),
        RuleCase("mailbox-full-for-now", .rcpt, "452 4.2.2 Over quota", RuleCase.recipientLater),
        RuleCase("mailbox-full-for-now", .dot, "452 4.2.2 Mailbox full", RuleCase.recipientLater),
        RuleCase("mailbox-full", .rcpt, "552 5.2.2 Over quota", RuleCase.bounced),
        RuleCase("mailbox-full-at-dot", .dot, "552 5.2.2 Mailbox full", RuleCase.bounced),
        RuleCase("mailbox-closed", .rcpt, "550 5.2.1 User disabled", RuleCase.bounced),
        RuleCase("mailbox-closed-at-dot", .dot, "550 5.2.1 Mailbox disabled", RuleCase.bounced),
        RuleCase(
            "unrouteable-recipient", .rcpt, "550 Unrouteable address",
            Verdict(.recipient, .secondOpinion, isRefutable: false)),
        RuleCase("mailbox-full-for-now-by-text", .rcpt, "452 Mailbox is full", RuleCase.recipientLater),
        RuleCase("mailbox-full-by-text", .rcpt, "552 user is over quota", RuleCase.bounced),
        RuleCase(
            "mailbox-busy", .rcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
            RuleCase.recipientLater),
        RuleCase("greylisted", .rcpt, "450 4.7.1 Greylisted, try again in 300 seconds", RuleCase.recipientLater),
        RuleCase("greylisted", .dot, "451 4.7.1 Greylisting in action", RuleCase.recipientLater),
        RuleCase(
            "sender-reputation", .dot, "550 5.7.1 Suspicious due to the very low reputation of the sending domain",
            RuleCase.sender),
        RuleCase("content-refused", .dot, "550 5.7.1 Message content rejected", RuleCase.rejected),
        RuleCase("content-found", .dot, "554 5.7.1 virus Eicar-Test-Signature detected", RuleCase.rejected),
        RuleCase("sending-stopped", .dot, "554 Message rejected: Sending paused for this account", RuleCase.refused),
        RuleCase("sending-stopped", .mail, "554 Sending paused for this account.", RuleCase.refused),
        RuleCase("sending-stopped", .rcpt, "550 5.7.1 Your account has been suspended", RuleCase.refused),
        RuleCase("sending-stopped", .greeting, "554 Account suspended", RuleCase.refused),
        RuleCase("sending-stopped", .dot, "550 Account disabled", RuleCase.refused),
        RuleCase("sending-stopped", .mail, "502 5.7.0 Your SMTP account is not yet activated", RuleCase.refused),
        RuleCase("quota-exceeded", .dot, "454 Daily message quota exceeded", RuleCase.refused),
        RuleCase("quota-exceeded", .auth, "451 Authentication failed: Maximum credits exceeded", RuleCase.refused),
        RuleCase("our-quota", .mail, "550 5.4.5 Daily user sending quota exceeded", RuleCase.refused),
        RuleCase("quota-exceeded", .rcpt, "550 Quota exceeded for your account", RuleCase.refused),
        RuleCase("our-quota", .rcpt, "550 5.4.6 Sender Hourly Quota Exceeded", RuleCase.refused),
        RuleCase("account-or-recipient", .rcpt, "550 Account suspended", Verdict(.recipient, .nextUpstream)),
        RuleCase("account-or-recipient", .rcpt, "550 User overdue unknown", Verdict(.recipient, .nextUpstream)),
        RuleCase("slow-down", .mail, "454 Throttling failure: Maximum sending rate exceeded", RuleCase.slower),
        RuleCase("slow-down", .dot, "451 4.7.1 Rate limit exceeded", RuleCase.slower),
        RuleCase("slow-down", .rcpt, "450 4.2.1 Peak SMTP relay limit exceeded for customer", RuleCase.slower),
        RuleCase("slow-down", .greeting, "421 Too many connections in the last minute", RuleCase.slower),
        RuleCase("too-many-sessions", .greeting, "421 Too many concurrent SMTP connections", RuleCase.crowded),
        RuleCase("too-many-sessions", .auth, "421 4.7.0 Too many connections", RuleCase.crowded),
        RuleCase("recipient-rate", .rcpt, "452 Too many recipients received this hour", RuleCase.slower),
        RuleCase("concurrency", .mail, "432 4.3.2 STOREDRV.ClientSubmit", RuleCase.crowded),
        RuleCase("session-used-up", .mail, "452 4.3.2 Session limit reached", RuleCase.usedUp, session: .used),
        RuleCase(
            "session-used-up-for-good", .mail, "550 5.7.0 Too many messages in this session", RuleCase.usedUp,
            session: .used),
        RuleCase("session-timed-out", .mail, "451 4.4.2 Bad connection", RuleCase.usedUp, session: .used),
        RuleCase("session-closed", .mail, "451 4.3.0 Enough", RuleCase.usedUp, session: .ended),
        RuleCase("congestion", .mail, "451 4.4.5 Try again later", RuleCase.slower),
        RuleCase("auth-refused", .auth, "421 Closing", RuleCase.refused),
        RuleCase("auth-refused", .auth, "454 4.7.0 Temporary authentication failure", RuleCase.refused),
        RuleCase("auth-refused", .auth, "535 5.7.8 Wrong password", RuleCase.refused),
        RuleCase("auth-refused", .auth, "250 fine", RuleCase.refused),
        RuleCase(
            "client-refused", .rcpt, "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using a list",
            RuleCase.refused),
        RuleCase(
            "client-listed", .rcpt, "554 5.7.1 Rejected: 192.0.2.1 listed at bl.example.net", RuleCase.refused),
        RuleCase("client-listed", .dot, "550 Mail from [2001:db8::7]:25 is on our block list", RuleCase.refused),
        RuleCase("client-refused-by-status", .mail, "550 5.7.25 Rejected", RuleCase.refused),
        RuleCase("sender-refused", .dot, "554 Message rejected: Email address is not verified.", RuleCase.sender),
        RuleCase(
            "sender-refused", .rcpt, "553 <a@example.org>: Sender address rejected: not logged in", RuleCase.sender),
        RuleCase("sender-refused-by-status", .rcpt, "450 4.1.8 Domain not found", RuleCase.sender),
        RuleCase("sender-refused-by-status", .rcpt, "550 5.7.27 Null MX", RuleCase.sender),
        RuleCase("sender-not-vouched-for", .dot, "550 5.7.26 Not authenticated by SPF or DKIM", RuleCase.sender),
        RuleCase(
            "sender-not-vouched-for", .dot,
            "550 5.7.515 Access denied, sending domain example.org does not meet the required authentication level.",
            RuleCase.sender),
        RuleCase("sender-not-vouched-for-by-text", .dot, "550 5.7.1 Rejected by DMARC policy", RuleCase.sender),
        RuleCase("credentials", .mail, "530 5.7.0 Must issue a STARTTLS command first", RuleCase.refused),
        RuleCase("credentials-by-status", .dot, "554 5.7.8 No", RuleCase.refused),
        RuleCase("credentials-by-text", .rcpt, "550 5.7.1 Invalid credentials for relay", RuleCase.refused),
        RuleCase("relay-denied", .rcpt, "554 5.7.1 <a@example.org>: Relay access denied", RuleCase.refused),
        RuleCase("relay-denied", .mail, "550 5.7.0 Mail relay denied", RuleCase.refused),
        RuleCase("too-many-recipients", .rcpt, "452 4.5.3 Enough", RuleCase.nextTransaction),
        RuleCase("too-many-recipients", .rcpt, "554 5.5.3 Enough", RuleCase.nextTransaction),
        RuleCase("too-many-recipients-by-text", .rcpt, "550 Too many recipients", RuleCase.nextTransaction),
        RuleCase(
            "too-many-recipients-by-text", .rcpt, "452 Maximum number of recipients reached", RuleCase.nextTransaction),
        RuleCase("loop", .dot, "554 5.4.6 Too many hops", RuleCase.loop),
        RuleCase("loop", .rcpt, "550 5.4.6 Loop", RuleCase.loop),
        RuleCase("loop", .data, "554 5.4.14 Hop count exceeded", RuleCase.loop),
        RuleCase("loop-by-text", .dot, "554 too many hops, this message is looping", RuleCase.loop),
        RuleCase("closing", .mail, "421 4.3.0 Closing", RuleCase.transport),
        RuleCase("closing", .rcpt, "421 Closing", RuleCase.transport),
        RuleCase("closing", .data, "421 Closing", RuleCase.transport),
        RuleCase("closing", .dot, "421 4.4.2 Closing", RuleCase.transport),
        RuleCase("greeting", .greeting, "554 No SMTP service here", RuleCase.transport),
        RuleCase("greeting", .greeting, "450 Later", RuleCase.transport),
        RuleCase("greeting", .greeting, "250 fine", RuleCase.transport),
        RuleCase("host-in-trouble", .dot, "451 4.3.0 Error: queue file write error", RuleCase.transport),
        RuleCase("host-in-trouble", .rcpt, "452 4.3.1 Disk full", RuleCase.transport),
        RuleCase("host-failed", .dot, "554 5.3.5 Incorrectly configured", RuleCase.transport),
        RuleCase("host-in-trouble-by-text", .dot, "451 Temporary local problem", RuleCase.transport),
        RuleCase("host-failed-by-text", .dot, "554 Internal server error", RuleCase.transport),
        RuleCase("out-of-order", .data, "503 5.5.1 Need RCPT", RuleCase.transport),
        RuleCase("message-too-large", .mail, "552 5.3.4 Too big", RuleCase.rejected),
        RuleCase("message-not-carried", .mail, "554 5.6.3 Conversion required", RuleCase.rejected),
        RuleCase("message-not-carried-by-text", .dot, "554 5.6.0 Malformed header", RuleCase.rejected),
        RuleCase("message-too-large-by-text", .dot, "552 Message size exceeds fixed limit", RuleCase.rejected),
        RuleCase("message-too-large-by-code", .mail, "552 Too big", RuleCase.rejected),
        RuleCase(
            "account-in-doubt", .dot, "550 5.7.1 Please verify your account", Verdict(.account, .nextUpstream)),
        RuleCase("mail-later", .mail, "451 4.7.1 Not now", RuleCase.account),
        RuleCase("mail-later", .data, "451 Not now", RuleCase.account),
        RuleCase("mail-refused", .mail, "554 No", RuleCase.unknownSender),
        RuleCase("mail-refused", .mail, "550 5.7.1 Denied", RuleCase.unknownSender),
        RuleCase("data-refused", .data, "554 5.7.1 Denied", RuleCase.unknownContent),
        RuleCase("recipient-later", .rcpt, "450 4.2.1 Not now", Verdict(.recipient, .nextUpstream)),
        RuleCase("recipient-refused", .rcpt, "550 5.7.1 Denied", RuleCase.unknown),
        RuleCase("message-later", .dot, "451 Not now", RuleCase.messageLater),
        RuleCase("message-refused", .dot, "554 No", RuleCase.unknownContent),
        RuleCase("unexpected", .data, "250 fine", RuleCase.account),
        RuleCase("unexpected", .mail, "299 relay denied", RuleCase.account),
    ]

    @Test("every row of the table decides its own replies", arguments: rows)
    func row(row: RuleCase) throws {
        let reply = try #require(Reply(parsing: row.reply))
        let decision = RuleBook().explain(reply, at: row.phase, session: row.session)
        guard case .general(let decisive) = decision.source else {
            Issue.record("no row of the table decided")
            return
        }
        #expect(decisive.name == row.rule)
        #expect(decision.verdict == row.verdict)
        #expect(OutcomeRules.verdict(reply, at: row.phase, session: row.session) == row.verdict)
    }

    @Test("no row is untested, and names are unique")
    func everyRow() {
        let names = DefaultRule.all.map(\.name) + [DefaultRule.unexpected.name]
        #expect(Set(names) == Set(Self.rows.map(\.rule) + ["no-further-recipient"]))
        #expect(Set(names).count == names.count)
    }

    @Test("every failure is decided at every phase", arguments: OutcomePhase.allCases)
    func total(phase: OutcomePhase) {
        for code in UInt16(400)...599 {
            let decision = RuleBook().explain(Reply(code, nil, ""), at: phase)
            #expect(decision.source != .general(.unexpected), "\(code)")
        }
    }

    @Test("addresses repeated by a server are not its words")
    func addresses() {
        for address in [
            "<account-suspended@example.org>", "relay-denied@example.org", "\"rate limit exceeded\"@example.org",
            "<\"sending paused\"@example.org>", #"<"> sending paused "@example.org>"#,
            #"<"> sending paused \""@example.org>"#, #""> sending paused \""@example.org"#,
            // Repeated without its backslashes, and truncated.
            #"<"">sending paused"@example.org>"#, #"<">" sending paused ""@example.org>"#, #"x <"> sending paused"#,
            "Host unpaid.example:", "(overdue.example)", "http://throttl.example/",
        ] {
            let verdict = OutcomeRules.verdict(Reply(550, nil, "\(address) is unknown"), at: .rcpt)
            #expect(verdict == RuleCase.unknown, "\(address)")
        }
    }

    @Test("only 1,024 octets of a reply are examined, across all its lines")
    func limit() {
        let filler = Array(repeating: String(repeating: "x", count: 100), count: 9)
        let early = Reply(554, nil, lines: filler + ["sending paused"])
        let late = Reply(554, nil, lines: filler + filler + ["sending paused"])
        #expect(OutcomeRules.verdict(early, at: .dot) == RuleCase.refused)
        #expect(OutcomeRules.verdict(late, at: .dot) == RuleCase.unknownContent)
    }

    @Test(
        "452 and 552 after an accepted recipient ask for another transaction, unless they mention a mailbox or disk",
        arguments: ["552 Too much", "452 No more", "552 5.5.0 No more"])
    func noFurtherRecipient(text: String) throws {
        let reply = try #require(Reply(parsing: text))
        #expect(OutcomeRules.verdict(reply, at: .rcpt, hasRecipients: true) == RuleCase.nextTransaction)
        #expect(OutcomeRules.verdict(reply, at: .rcpt).action != .nextTransaction)
        for mailbox in [
            "552 5.2.2 Full", "552 Mailbox is over its storage", "452 4.3.1 No room", "452 4.2.2 Over quota",
        ] {
            let reply = try #require(Reply(parsing: mailbox))
            #expect(
                OutcomeRules.verdict(reply, at: .rcpt, hasRecipients: true).action != .nextTransaction, "\(mailbox)")
        }
    }

    @Test("an hourly or daily limit is not a transaction limit")
    func rates() throws {
        for text in ["450 4.5.3 too many recipients this hour", "452 too many recipients today"] {
            let reply = try #require(Reply(parsing: text))
            #expect(OutcomeRules.verdict(reply, at: .rcpt, hasRecipients: true).action != .nextTransaction, "\(text)")
        }
    }

    @Test(
        "a permanent refusal that sounds temporary is not believed",
        arguments: [
            "550 temporary failure please try again", "550 5.7.1 Queue is full", "554 disk full",
            "550 recipient lookup failed", "554 scanner unavailable", "550 greylisted, come back", "550 directory down",
            "554 not now, later",
        ])
    func passing(text: String) throws {
        let reply = try #require(Reply(parsing: text))
        for phase in [OutcomePhase.rcpt, .data, .dot] {
            let verdict = OutcomeRules.verdict(reply, at: phase)
            #expect(verdict.action != .fail)
            #expect(verdict.action != .secondOpinion || verdict.isPassing)
        }
        #expect(!OutcomeRules.verdict(Reply(550, nil, "no"), at: .rcpt).isPassing)
    }

    @Test("words are found across lines and spaces, in any case")
    func lines() {
        let reply = Reply(554, nil, lines: ["Message rejected: SENDING", "\t  Paused for this account"])
        #expect(OutcomeRules.verdict(reply, at: .dot) == RuleCase.refused)
    }
}
