/// One row of the general table: what a reply means that no rule of the operator or of a provider is about.
package struct DefaultRule: Hashable, Sendable {
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

extension DefaultRule {
    /// In the order in which they are asked: texts and codes that say who is at fault, then phases and enhanced status codes,
    /// then the first digit.
    package static let all =
        limits + loops + recipients + [reputation, spam] + accounts + clients + senders + credentials + hosts + messages
        + [doubtful] + digits

    /// The row for what is neither success nor failure, such as 250 to DATA: no verdict about mail.
    package static let unexpected = DefaultRule(
        "unexpected", ReplyPattern(), Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
        "the reply answers another question than the one that was asked")
}
