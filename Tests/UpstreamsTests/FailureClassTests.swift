import Mail
import Testing
import Upstreams

@Suite("Classes of failures")
struct FailureClassTests {
    private func decide(_ sample: Sample) -> FailureClass {
        let verdict = RuleBook(own: [], provider: sample.provider).verdict(sample.reply, at: sample.phase)
        return FailureClassRule.failureClass(of: sample.reply, at: sample.phase, verdict.scope)
    }

    @Test("nearly every real reply gets the class that an operator would give it")
    func corpus() throws {
        let samples = try Corpus.samples().filter { $0.failureClass != nil }
        #expect(samples.count > 800)
        let wrong = samples.filter { decide($0) != $0.failureClass }
        for sample in wrong { print("    \(sample): \(decide(sample)), not \(sample.failureClass!)") }
        #expect(wrong.count * 100 <= samples.count * 2)
        #expect(Set(samples.map { decide($0) }).isSuperset(of: Self.ofReplies))
    }

    /// Those that a reply can have: the rest are the relay's own.
    private static let ofReplies: Set<FailureClass> = [
        .invalidRecipient, .mailboxFull, .policy, .content, .spam, .tooLarge, .authentication, .relayDenied, .throttled,
        .transport, .other,
    ]

    @Test(
        "a code alone decides where there are no words",
        arguments: [
            ("550 5.1.1", OutcomePhase.rcpt, FailureClass.invalidRecipient), ("552 5.2.2", .rcpt, .mailboxFull),
            ("552 5.3.4", .mail, .tooLarge), ("552 5.3.4", .dot, .tooLarge), ("554 5.6.0", .dot, .content),
            ("554 5.7.1", .dot, .policy), ("535 5.7.8", .auth, .authentication), ("550 5.7.26", .dot, .authentication),
            ("451 4.4.2", .mail, .transport), ("421 4.3.2", .greeting, .transport), ("450 4.2.2", .rcpt, .mailboxFull),
            ("550 5.4.5", .dot, .throttled), ("550", .rcpt, .other), ("554", .dot, .other),
        ])
    func codes(text: String, phase: OutcomePhase, expected: FailureClass) throws {
        let reply = try #require(Reply(parsing: text))
        let verdict = RuleBook().verdict(reply, at: phase)
        #expect(FailureClassRule.failureClass(of: reply, at: phase, verdict.scope) == expected)
    }
}
