import Mail
import Testing
import Upstreams

@Suite("Rule book")
struct RuleBookTests {
    private let paused = Reply(554, EnhancedStatusCode(5, 7, 1), "Message rejected: Sending paused for this account")

    @Test("an operator's rule precedes the provider's, which precedes the table")
    func order() throws {
        let own = try OperatorRule(match: "sending paused", scope: .message, action: .retryLater)
        let book = RuleBook(own: [own], provider: .ses)
        #expect(book.explain(paused, at: .dot).source == .own(number: 1, own))
        #expect(book.verdict(paused, at: .dot) == Verdict(.message, .retryLater))
        let provider = RuleBook(own: [], provider: .ses).explain(paused, at: .dot).source
        #expect(provider == .provider(.ses, Provider.ses.rules[5]))
        guard case .general(let row) = RuleBook().explain(paused, at: .dot).source else {
            Issue.record("the table did not decide")
            return
        }
        #expect(row.name == "sending-stopped")
    }

    @Test("the first matching operator rule decides")
    func first() throws {
        let rules = [
            try OperatorRule(match: "^450", scope: .account, action: .slowDown),
            try OperatorRule(match: "paused", scope: .account, action: .nextUpstream),
            try OperatorRule(match: ".", scope: .message, action: .fail),
        ]
        let book = RuleBook(own: rules, provider: nil)
        #expect(book.explain(paused, at: .dot).source == .own(number: 2, rules[1]))
        #expect(book.verdict(Reply(450, nil, "no"), at: .rcpt) == Verdict(.account, .slowDown))
        #expect(book.verdict(Reply(550, nil, "no"), at: .dot) == Verdict(.message, .fail))
    }

    @Test("a pattern sees code, enhanced code and all lines as one line, in any case")
    func line() throws {
        let rule = try OperatorRule(match: #"^554 5\.7\.1 no mail .*TODAY$"#, scope: .transport, action: .nextUpstream)
        let book = RuleBook(own: [rule], provider: nil)
        let reply = Reply(554, EnhancedStatusCode(5, 7, 1), lines: ["No mail from", "You today"])
        #expect(book.explain(reply, at: .dot).source == .own(number: 1, rule))
        #expect(book.verdict(reply, at: .dot) == Verdict(.transport, .nextUpstream, countsAgainstCircuit: true))
    }

    @Test("a pattern sees the first 256 octets")
    func bound() throws {
        let rule = try OperatorRule(match: "needle", scope: .sender, action: .nextUpstream)
        let book = RuleBook(own: [rule], provider: nil)
        let reply = { (count: Int) in Reply(550, nil, String(repeating: "x", count: count) + "needle") }
        #expect(book.explain(reply(246), at: .dot).source == .own(number: 1, rule))
        #expect(book.explain(reply(247), at: .dot).source != .own(number: 1, rule))
    }

    @Test("before there is mail only rules about the upstream count", arguments: [OutcomePhase.greeting, .auth])
    func beforeMail(phase: OutcomePhase) throws {
        let reply = Reply(550, nil, "no")
        for (scope, action) in [
            (FailureScope.message, FailureAction.fail), (.recipient, .retryLater), (.sender, .nextUpstream),
            (.account, .retryLater),
        ] {
            let book = RuleBook(own: [try OperatorRule(match: "no", scope: scope, action: action)], provider: nil)
            #expect(book.verdict(reply, at: phase) == OutcomeRules.verdict(reply, at: phase))
        }
        let rule = try OperatorRule(match: "no", scope: .account, action: .slowDown)
        #expect(RuleBook(own: [rule], provider: nil).verdict(reply, at: phase) == Verdict(.account, .slowDown))
    }

    @Test("a next-transaction rule counts at RCPT only")
    func nextTransaction() throws {
        let rule = try OperatorRule(match: "no more", scope: .recipient, action: .nextTransaction)
        let book = RuleBook(own: [rule], provider: nil)
        let reply = Reply(550, nil, "No more of them")
        #expect(book.verdict(reply, at: .rcpt) == Verdict(.recipient, .nextTransaction))
        for phase in OutcomePhase.allCases where phase != .rcpt {
            #expect(book.verdict(reply, at: phase) == OutcomeRules.verdict(reply, at: phase))
        }
    }

    @Test(
        "temporary wording matters only when a second opinion is needed",
        arguments: [
            ("550 temporary failure please try again", true), ("550 5.7.1 Queue is full", true), ("550 no", false),
            ("550 5.1.1 User unknown, try again", false),
        ])
    func passing(text: String, isPassing: Bool) throws {
        let reply = try #require(Reply(parsing: text))
        #expect(RuleBook().verdict(reply, at: .dot).isPassing == isPassing)
        let own = try OperatorRule(match: ".", scope: .message, action: .secondOpinion)
        let asked = RuleBook(own: [own], provider: nil).verdict(reply, at: .dot)
        #expect(asked.isPassing == (isPassing || text.contains("try")))
        #expect(!Verdict(.message, .fail, isPassing: true).isPassing)
    }

    @Test(
        "invalid rules say why",
        arguments: [
            ("(", "message", "fail", "not a regular expression"), ("", "message", "fail", "empty"),
            ("(a+)+b", "message", "fail", "repeats"), ("(?:x*y*)*", "message", "fail", "repeats"),
            ("((a{2,}))+", "message", "fail", "repeats"), ("(a+ ?){8}b", "message", "fail", "repeats"),
            ("(.|[ ])*suspended", "message", "fail", "repeats"), ("(a|a)*", "message", "fail", "repeats"),
            ("(a?a)+b", "message", "fail", "repeats"), ("(a+){2,20}", "message", "fail", "repeats"),
            ("(a{1,20}){20}", "message", "fail", "repeats"), ("((a+)?)*", "message", "fail", "repeats"),
            ("(a+){3}", "message", "fail", "repeats"), ("(a?)+", "message", "fail", "repeats"),
            ("quota.*quota.*quota.*!", "message", "fail", "too many ways"),
            (".{0,99}.{0,99}.{0,99}x", "message", "fail", "too many ways"),
            (String(repeating: "a?", count: 30), "message", "fail", "too many ways"),
            ("x|a.*b(c+|d*e+)", "message", "fail", "too many ways"),
            (#"(\Q)\Ea+)+"#, "message", "fail", "cost is unknown"),
            ("(?x)(a+) +b", "message", "fail", "cost is unknown"),
            ("quota", "account", "fail", "not the message's"),
            ("quota", "transport", "fail", "not the message's"),
            ("quota", "account", "second_opinion", "not the message's"),
            ("quota", "transport", "second_opinion", "not the message's"),
            ("too many", "message", "next_transaction", "must be \"recipient\""),
            ("too many", "account", "next_transaction", "must be \"recipient\""),
            ("too many", "recipient", "new_session", "must be \"transport\" or \"account\""),
            ("too many", "message", "fewer_sessions", "must be \"transport\" or \"account\""),
        ])
    func refused(match: String, scope: String, action: String, reason: String) throws {
        let scope = try #require(FailureScope(rawValue: scope))
        let action = try #require(FailureAction(rawValue: action))
        let problem = #expect(throws: OperatorRule.Problem.self) {
            try OperatorRule(match: match, scope: scope, action: action)
        }
        #expect(problem?.description.contains(reason) == true)
    }

    @Test(
        "harmless repetition is accepted",
        arguments: [
            "(ab)+", "a+b*c", "(a+)b+", "(?:quota|limit) exceeded", #"\(a+\)+"#, "[(a+)+]", "(a+)?b",
            "^(421|45[01]) .*busy", "a+?b*+c", #"(\d{1}\.){2}"#, "a.*b|c.*d.*e|f+", "(?:daily|hourly|monthly) .*limit",
            "(?i)https?://.*quota", #"\p{L}+ \d{3}"#, "(ab){2,20}", "[a[b)]]+", "a{b", "(?<name>quota) .*limit",
        ])
    func taken(match: String) throws {
        _ = try OperatorRule(match: match, scope: .account, action: .slowDown)
    }

    @Test(
        "a hostile reply is matched quickly",
        arguments: [
            "quota.*exceeded", "quota.*quota.*exceeded", ".*.*!", "(?:a|q).*u.*!", "[^!]*[^?]*!",
            String(repeating: ".?", count: 6) + "!", ".*" + String(repeating: ".?", count: 3) + "!",
        ])
    func hostile(match: String) throws {
        let rule = try OperatorRule(match: match, scope: .account, action: .slowDown)
        let book = RuleBook(own: [rule], provider: .google)
        let lines = Array(repeating: String(repeating: "quota ", count: 80), count: 100)
        let took = ContinuousClock().measure {
            _ = book.verdict(Reply(550, nil, lines: lines), at: .dot)
        }
        #expect(took < .seconds(8))
    }

    @Test("failing a sender or message is described as failing the message, not the recipient")
    func consequences() {
        for scope in [FailureScope.sender, .message] {
            #expect(Verdict(rule: scope, .fail).consequence.hasPrefix("The message fails"))
        }
        #expect(Verdict(rule: .sender, .fail).consequence.contains("failover_on_reject") == false)
        #expect(Verdict(rule: .recipient, .fail).consequence.hasPrefix("The recipient fails"))
    }
}
