import Mail
import Testing
import Upstreams

@Suite("Rule book")
struct RuleBookTests {
    private let paused = Reply(554, EnhancedStatusCode(5, 7, 1), "Message rejected: Sending paused for this account")

    @Test("an operator's rule comes before the provider's, and that before the table")
    func order() throws {
        let own = try OwnRule(match: "sending paused", scope: .message, action: .retryLater)
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

    @Test("the first of an operator's rules that fits decides")
    func first() throws {
        let rules = [
            try OwnRule(match: "^450", scope: .account, action: .slowDown),
            try OwnRule(match: "paused", scope: .account, action: .nextUpstream),
            try OwnRule(match: ".", scope: .message, action: .fail),
        ]
        let book = RuleBook(own: rules, provider: nil)
        #expect(book.explain(paused, at: .dot).source == .own(number: 2, rules[1]))
        #expect(book.verdict(Reply(450, nil, "no"), at: .rcpt) == Verdict(.account, .slowDown))
        #expect(book.verdict(Reply(550, nil, "no"), at: .dot) == Verdict(.message, .fail))
    }

    @Test("a pattern sees code, enhanced code and all lines as one line, in any case")
    func line() throws {
        let rule = try OwnRule(match: #"^554 5\.7\.1 no mail .*TODAY$"#, scope: .transport, action: .nextUpstream)
        let book = RuleBook(own: [rule], provider: nil)
        let reply = Reply(554, EnhancedStatusCode(5, 7, 1), lines: ["No mail from", "You today"])
        #expect(book.explain(reply, at: .dot).source == .own(number: 1, rule))
        #expect(book.verdict(reply, at: .dot) == Verdict(.transport, .nextUpstream, countsAgainstCircuit: true))
    }

    @Test("a pattern sees the first 512 octets")
    func bound() throws {
        let rule = try OwnRule(match: "needle", scope: .sender, action: .nextUpstream)
        let book = RuleBook(own: [rule], provider: nil)
        let reply = { (count: Int) in Reply(550, nil, String(repeating: "x", count: count) + "needle") }
        #expect(book.explain(reply(502), at: .dot).source == .own(number: 1, rule))
        #expect(book.explain(reply(503), at: .dot).source != .own(number: 1, rule))
    }

    @Test("before there is mail only rules about the upstream count", arguments: [OutcomePhase.greeting, .auth])
    func beforeMail(phase: OutcomePhase) throws {
        let reply = Reply(550, nil, "no")
        for (scope, action) in [
            (FailureScope.message, FailureAction.fail), (.recipient, .retryLater), (.sender, .nextUpstream),
            (.account, .retryLater),
        ] {
            let book = RuleBook(own: [try OwnRule(match: "no", scope: scope, action: action)], provider: nil)
            #expect(book.verdict(reply, at: phase) == OutcomeRules.verdict(reply, at: phase))
        }
        let rule = try OwnRule(match: "no", scope: .account, action: .slowDown)
        #expect(RuleBook(own: [rule], provider: nil).verdict(reply, at: phase) == Verdict(.account, .slowDown))
    }

    @Test(
        "what cannot be a rule says why",
        arguments: [
            ("(", "message", "fail", "not a regular expression"), ("", "message", "fail", "empty"),
            ("(a+)+b", "message", "fail", "repeats"), ("(?:x*y*)*", "message", "fail", "repeats"),
            ("((a{2,}))+", "message", "fail", "repeats"), ("quota", "account", "fail", "not the message's"),
            ("quota", "transport", "fail", "not the message's"),
        ])
    func refused(match: String, scope: String, action: String, reason: String) throws {
        let scope = try #require(FailureScope(rawValue: scope))
        let action = try #require(FailureAction(rawValue: action))
        let problem = #expect(throws: OwnRule.Problem.self) {
            try OwnRule(match: match, scope: scope, action: action)
        }
        #expect(problem?.description.contains(reason) == true)
    }

    @Test(
        "what repeats without harm is taken",
        arguments: [
            "(ab)+", "a+b*c", "(a+)b+", "(?:quota|limit) exceeded", #"\(a+\)+"#, "[(a+)+]", "(a+){3}", "(a?)+",
            "^(421|45[01]) .*busy",
        ])
    func taken(match: String) throws {
        _ = try OwnRule(match: match, scope: .account, action: .slowDown)
    }

    @Test("a hostile reply costs no more than milliseconds")
    func hostile() throws {
        let rule = try OwnRule(match: "quota.*exceeded", scope: .account, action: .slowDown)
        let book = RuleBook(own: [rule], provider: .google)
        let lines = Array(repeating: String(repeating: "quota ", count: 80), count: 100)
        let took = ContinuousClock().measure {
            _ = book.verdict(Reply(550, nil, lines: lines), at: .dot)
        }
        #expect(took < .seconds(1))
    }
}
