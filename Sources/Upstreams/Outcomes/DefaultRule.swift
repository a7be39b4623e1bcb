/// One row of the general table: the meaning of a reply that no operator or provider rule covers.
package struct DefaultRule: Hashable, Sendable {
    /// Unique name, for logs and documentation.
    package let name: String
    package let pattern: ReplyPattern
    package let verdict: Verdict
    /// The reason, in one sentence for an operator.
    package let reason: String

    package init(_ name: String, _ pattern: ReplyPattern, _ verdict: Verdict, _ reason: String) {
        self.name = name
        self.pattern = pattern
        self.verdict = verdict
        self.reason = reason
    }
}

extension DefaultRule {
    /// In match order: texts and codes that say who is at fault, then phases and enhanced status codes, then the first
    /// digit.
    package static let all =
        limits + loops + recipients + [reputation, spam] + accounts + clients + senders + credentials + hosts + messages
        + [doubtful] + digits

    /// The row for replies that are neither success nor failure, such as 250 to DATA; not a verdict about mail.
    package static let unexpected = DefaultRule(
        "unexpected", ReplyPattern(), Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
        "the reply does not fit the command")
}
