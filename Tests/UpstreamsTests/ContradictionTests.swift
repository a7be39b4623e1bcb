import Mail
import Testing
import Upstreams

/// A rule fails mail at once only if nothing in the reply speaks against it.
@Suite("Replies that contradict themselves")
struct ContradictionTests {
    @Test("what was reported is decided as it should be")
    func reported() throws {
        for sample in try Corpus.parsed(Corpus.reported) {
            let verdict = RuleBook().verdict(sample.reply, at: sample.phase)
            #expect((verdict.action == .fail) == (sample.scope == .recipient), "\(sample)")
            #expect(!verdict.opensCircuit, "\(sample)")
        }
    }

    @Test("words about us, the sender, the host or the server's trouble keep mail from failing at once")
    func contradictory() throws {
        let samples = try Corpus.contradictory()
        #expect(samples.count == 305)
        for sample in samples {
            let verdict = RuleBook().verdict(sample.reply, at: sample.phase)
            #expect(verdict.action != .fail, "\(sample) bounces")
        }
    }

    @Test("usual refusals of recipients and messages fail at once")
    func plain() throws {
        let samples = try Corpus.plain()
        #expect(samples.count == 128)
        for sample in samples {
            let verdict = RuleBook().verdict(sample.reply, at: sample.phase)
            // "No space left" may be a disk's.
            #expect(verdict.action == .fail || verdict.isPassing, "\(sample) does not")
        }
    }

    @Test("an operator's or a provider's rule is not contradicted")
    func exact() throws {
        let own = try OperatorRule(match: "user unknown", scope: .recipient, action: .fail)
        let reply = Reply(550, nil, "User unknown to this customer")
        #expect(RuleBook(own: [own], provider: nil).verdict(reply, at: .rcpt).action == .fail)
        #expect(RuleBook().verdict(reply, at: .rcpt).action == .secondOpinion)
        let inactive = Reply(550, nil, "Recipient marked as inactive for this customer")
        #expect(RuleBook(own: [], provider: .postmark).verdict(inactive, at: .rcpt).action == .fail)
    }

    @Test("a local part is not the server's word")
    func localParts() throws {
        for text in [
            "550 customer... User unknown", "550 User unknown: \"customer\"", "550 User unknown: 'invoice'",
            "550 <sender@example.org>: User unknown", "550 billing@example.org user unknown",
        ] {
            let reply = try #require(Reply(parsing: text))
            #expect(RuleBook().verdict(reply, at: .rcpt).action == .fail, "\(text)")
        }
    }

    @Test("a link to an IP address is about this host, and opens no circuit")
    func links() throws {
        for link in [
            "https://x.example/?ip=192.0.2.1", "http://x.example/a?c=1&ip=2001:db8::1", "(x.example/?a=10.0.0.1)",
            "https://x.example/lookup/192.0.2.1.", "192.0.2.0/24",
        ] {
            let reply = Reply(550, nil, "mailbox unavailable: \(link)")
            let verdict = RuleBook().verdict(reply, at: .rcpt)
            #expect(verdict.action == .secondOpinion && !verdict.opensCircuit, "\(link)")
        }
        let harmless = Reply(550, nil, "mailbox unavailable: see https://x.example/?c=r0401")
        #expect(RuleBook().verdict(harmless, at: .rcpt).action == .fail)
    }

    @Test("a recipient that no route leads to is asked about, which is no evidence")
    func unrouteable() {
        let verdict = RuleBook().verdict(Reply(550, nil, "Unrouteable address"), at: .rcpt)
        #expect(verdict == Verdict(.recipient, .secondOpinion, isRefutable: false))
        #expect(RuleBook().verdict(Reply(550, nil, "Unrouteable address for this customer"), at: .rcpt).isRefutable)
        #expect(RuleBook().verdict(Reply(550, nil, "no"), at: .rcpt).isRefutable)
    }

    @Test("explains which words matched, and which speak against a row")
    func explained() {
        let content = RuleBook().explain(Reply(550, nil, "Your message contains a virus"), at: .dot)
        #expect(content.rule == "content-found")
        #expect(content.matched.all == ["5yz", "virus", "contain"])
        #expect(content.ruleInWords == #"row content-found of the general table, 5yz, text "virus" with "contain""#)
        #expect(content.contradiction == nil)
        let status = EnhancedStatusCode(5, 1, 1)
        let user = RuleBook().explain(Reply(550, status, "User unknown: tenant locked"), at: .rcpt)
        #expect(user.rule == "recipient-refused")
        #expect(user.contradiction?.row == "unknown-recipient")
        #expect(user.contradiction?.words == "tenant")
        let word = RuleBook().explain(Reply(550, nil, "User unknown: qwerty"), at: .rcpt)
        #expect(word.contradiction?.row == "unknown-recipient-by-text")
        #expect(word.contradiction?.words == "qwerty")
        let passing = RuleBook().explain(Reply(550, nil, "User unknown: ldap"), at: .rcpt)
        #expect(passing.contradiction?.row == "unknown-recipient-by-text")
        #expect(passing.contradiction?.words == "ldap")
    }
}
