import Mail
import Testing

@testable import Upstreams

@Suite("What a failure says about the address")
struct BounceRulesTests {
    private let book = RuleBook()

    private func bounce(_ text: String, at phase: OutcomePhase = .rcpt, _ book: RuleBook? = nil) throws -> BounceKind? {
        (book ?? self.book).bounce(try #require(Reply(parsing: text)), at: phase)
    }

    @Test(
        "that there is none, if an enhanced status code says so",
        arguments: [
            "550 5.1.1 User unknown", "550 5.1.1 No such user", "550 5.1.3 Bad recipient address syntax",
            "551 5.1.6 The mailbox has moved", "550 5.1.2 Host unknown", "556 5.1.10 Recipient address has null MX",
        ])
    func hard(reply: String) throws {
        #expect(try bounce(reply) == .hard)
    }

    @Test("the same at the final dot", arguments: ["550 5.1.1 User unknown", "550 5.1.10 Recipient not found"])
    func hardAtDot(reply: String) throws {
        #expect(try bounce(reply, at: .dot) == .hard)
    }

    @Test(
        "that its mailbox takes nothing now",
        arguments: ["552 5.2.2 Mailbox full", "550 5.2.2 Over quota", "550 5.2.1 Mailbox disabled"])
    func soft(reply: String) throws {
        #expect(try bounce(reply) == .soft)
    }

    @Test(
        "nothing, in words alone",
        arguments: [
            "550 User unknown", "550 No such user here", "550 5.0.0 User unknown", "550 mailbox does not exist",
            "552 Mailbox full",
        ])
    func words(reply: String) throws {
        #expect(try bounce(reply) == nil)
    }

    @Test(
        "nothing, if it is about something else, or somebody else is named",
        arguments: [
            "550 5.7.1 Blocked by policy", "550 5.7.1 Relay access denied", "554 5.7.1 Message rejected as spam",
            "550 5.1.8 Sender address rejected", "550 5.1.7 Bad sender", "550 5.1.1 Your account is suspended",
            "550 5.1.1 Sender unknown", "450 4.1.1 User unknown", "450 4.2.2 Mailbox full", "421 4.3.2 Shutting down",
            "552 5.3.4 Message too big", "550 5.7.26 Unauthenticated mail", "452 4.5.3 Too many recipients",
            "550 5.7.133 Sender not authenticated for group", "530 5.7.0 Authentication required",
            "550 5.4.1 No answer",
            "550 5.6.0 Bad content", "550 5.1.1 Monthly quota of the customer used up",
        ])
    func others(reply: String) throws {
        for phase in [OutcomePhase.mail, .rcpt, .data, .dot] { #expect(try bounce(reply, at: phase) == nil) }
    }

    @Test(
        "that it exists, if a code says otherwise and the words say that its mailbox is full",
        arguments: [
            "550 5.1.1 mailbox full", "550 5.1.1 Mailbox is full", "552 5.1.1 User over quota",
            "550 5.1.1 quota exceeded for recipient", "550 5.1.10 inbox is full",
        ])
    func fullDespiteCode(reply: String) throws {
        let parsed = try #require(Reply(parsing: reply))
        #expect(FailureClassRule.failureClass(of: parsed, at: .rcpt, .recipient) == .mailboxFull)
        for phase in [OutcomePhase.rcpt, .dot] { #expect(try bounce(reply, at: phase) == .soft) }
    }

    @Test(
        "nothing, if its words give another reason than the code does",
        arguments: [
            "550 5.1.1 Blocked as spam", "550 5.1.1 message content rejected: virus", "550 5.1.1 Spam detected",
            "550 5.1.1 This message was blocked", "550 5.1.1 Poor reputation", "550 5.1.1 Your content was rejected",
            "550 5.1.1 Virus found", "550 5.1.1 rejected by policy, RBL", "550 5.1.1 listed in Spamhaus",
            "550 5.1.1 temporarily unavailable", "550 5.1.1 local policy", "550 5.1.1 Policies violated",
            "550 5.1.1 quota", "550 5.1.1 rate limited", "550 5.1.1 rate-limit", "550 5.1.1 Throttled",
            "550 5.1.1 too many messages", "550 5.1.1 try again later", "550 5.1.1 access denied",
            "550 5.1.1 message too large", "550 5.1.1 SPF check failed", "550 5.1.1 relaying denied",
            "550 5.1.1 account suspended", "550 5.1.1 mail rejected: 'spam'", "550 5.1.2 blocked as spam",
            "550 5.1.3 rejected by content filter", "550 5.1.6 policy", "550 5.1.10 anti-spam policy",
            "552 5.2.2 blocked as spam", "550 5.2.1 mailbox blocked for policy reasons", "550 5.1.1 mailbox space low",
        ])
    func otherReasons(reply: String) throws {
        for phase in [OutcomePhase.rcpt, .dot] { #expect(try bounce(reply, at: phase) == nil) }
        let own = RuleBook(
            own: [try OperatorRule(match: "5.[12].", scope: .recipient, action: .fail)], provider: nil)
        #expect(try bounce(reply, at: .rcpt, own) == nil)
    }

    @Test(
        "that there is none, whatever a server adds about it",
        arguments: [
            "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the "
                + "recipient's email address for typos or unnecessary spaces. For more information, go to "
                + "https://support.google.com/mail/?p=NoSuchUser af79cd13be357-78 - gsmtp",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            "550 5.1.1 <spam.filter@content.example>: Recipient address rejected: User unknown in virtual mailbox table",
            "550 5.1.1 <policy@x>... User unknown", "550 5.1.1 unknown or illegal alias: bob@quota.example",
            "550 5.1.1 Mailbox disabled", "550 5.1.1 Adresse unbekannt", "550 5.1.1 Invalid recipient",
            "556 5.1.10 Recipient address has null MX", "550 5.1.1 check the address and try again",
        ])
    func others(despite reply: String) throws {
        #expect(try bounce(reply) == .hard)
    }

    @Test("nothing before the first recipient", arguments: [OutcomePhase.greeting, .auth, .mail, .data])
    func early(phase: OutcomePhase) throws {
        #expect(try bounce("550 5.1.1 User unknown", at: phase) == nil)
    }

    @Test("what an operator's rule about the recipient says, unless the reply is of another class")
    func own() throws {
        let rule = try OperatorRule(match: "gone|full|policy", scope: .recipient, action: .fail)
        let book = RuleBook(own: [rule], provider: nil)
        #expect(try bounce("550 gone for good", book) == .hard)
        #expect(try bounce("550 mailbox full", book) == .soft)
        #expect(try bounce("550 5.7.1 policy", book) == nil)
        #expect(try bounce("550 5.1.1 gone, by policy", book) == nil)
        let other = RuleBook(own: [try OperatorRule(match: "5.1.1", scope: .message, action: .fail)], provider: nil)
        #expect(try bounce("550 5.1.1 User unknown", other) == nil)
        let later = RuleBook(
            own: [try OperatorRule(match: "5.1.1", scope: .recipient, action: .retryLater)], provider: nil)
        #expect(try bounce("550 5.1.1 User unknown", later) == nil)
    }

    private func bounce(_ text: String, _ book: RuleBook) throws -> BounceKind? { try bounce(text, at: .rcpt, book) }

    @Test("a provider's rules go by words, and the code beside them counts")
    func provider() throws {
        let microsoft = RuleBook(own: [], provider: .microsoft365)
        #expect(try bounce("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", microsoft) == .hard)
        #expect(try bounce("550 5.4.1 Recipient address rejected: Access denied", microsoft) == nil)
        let postmark = RuleBook(own: [], provider: .postmark)
        #expect(try bounce("406 Inactive recipient", postmark) == nil)
    }

    @Test("of mail that has waited until it expired, the last refusal counts if it is about the mailbox")
    func expired() throws {
        for (text, kind) in [
            ("450 4.2.2 Mailbox full", BounceKind.soft), ("450 4.2.1 Mailbox disabled", .soft),
            ("450 4.2.0 Greylisted", nil), ("451 4.3.0 Try later", nil), ("450 mailbox full", nil),
            ("550 5.2.2 Mailbox full", nil), ("450 4.2.1 Blocked by policy", nil),
            ("450 4.2.1 The user is receiving mail too quickly", nil),
            ("452 4.2.2 Mailbox full, try again later", .soft),
        ] {
            #expect(BounceRules.bounce(afterWaitingFor: try #require(Reply(parsing: text))) == kind)
        }
    }

    @Test("only rows about a recipient that fail mail at once, by a status code, have a bounce")
    func rows() {
        for row in DefaultRule.all where row.bounce != nil {
            #expect(row.verdict.scope == .recipient && row.verdict.action == .fail && !row.pattern.statuses.isEmpty)
        }
    }

    @Test("a route that depends on the header is one of those that a recipient may have")
    func possibleRoutes() {
        var bulk = Route(name: "bulk", upstreams: [0])
        bulk.match.header = "X-Class: bulk"
        var news = Route(name: "news", upstreams: [0])
        news.match.sender = "@news.example"
        let table = RouteTable([bulk, news], upstreamCount: 1)
        func names(_ sender: String, route: String? = nil) -> [String] {
            table.possibleRoutes(of: RouteTable.Subject(sender: sender, route: route), recipient: "a@x")
                .map { table.routes[$0].name }
        }
        #expect(names("a@news.example") == ["bulk", "news"])
        #expect(names("a@other.example") == ["bulk", "default"])
        #expect(names("a@other.example", route: "news") == ["news"])
    }
}
