package import Mail

/// One row of the general table: the meaning of a reply that no operator or provider rule covers.
package struct DefaultRule: Hashable, Sendable {
    /// Unique name, for logs and documentation.
    package let name: String
    package let pattern: ReplyPattern
    package let verdict: Verdict
    /// Parties whose mention makes the row not apply.
    package let unless: [OtherParty]
    /// Whether any word beyond ``RecipientVocabulary`` makes the row not apply.
    package let saysNothingElse: Bool
    /// The reason, in one sentence for an operator.
    package let reason: String
    /// What a failure by this row says about the address: whether it may come to be suppressed. nil for nothing.
    package let bounce: BounceKind?

    package init(
        _ name: String, _ pattern: ReplyPattern, unless: [OtherParty] = [], saysNothingElse: Bool = false,
        _ verdict: Verdict, _ reason: String, bounce: BounceKind? = nil
    ) {
        self.name = name
        self.pattern = pattern
        self.unless = unless
        self.saysNothingElse = saysNothingElse
        self.verdict = verdict
        self.reason = reason
        self.bounce = bounce
    }

    func fits(_ reply: ReplySubject) -> Bool {
        pattern.fits(reply) && contradiction(in: reply) == nil
    }

    /// The word of a reply that speaks against this row, although the pattern fits; nil if none does.
    func contradiction(in reply: ReplySubject) -> String? {
        if verdict.action == .fail, let words = PassingTrouble.contradiction(in: reply) { return words }
        guard saysNothingElse || !unless.isEmpty else { return nil }
        let words = PlainWords(reply)
        for party in unless {
            if let name = party.name(in: words) { return name }
        }
        return saysNothingElse ? RecipientVocabulary.firstOther(in: words) : nil
    }
}

extension DefaultRule {
    /// In match order: what the session is about, texts and codes that say who is at fault, then phases and enhanced status codes, then the first
    /// digit.
    package static let all =
        sessions + limits + loops + recipients + [reputation] + spam + accounts + clients + senders + credentials
        + hosts
        + messages
        + [doubtful] + digits

    /// The row for replies that are neither success nor failure, such as 250 to DATA; not a verdict about mail.
    package static let unexpected = DefaultRule(
        "unexpected", ReplyPattern(), Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
        "the reply does not fit the command")
}
