package import Mail

/// The meaning of one upstream's replies. The operator's rules come first, then those of the provider, then the general
/// table: the phase, the enhanced status code and the first digit. The first matching rule decides.
///
/// Before there is mail, at the greeting and AUTH, only rules about the upstream (`transport` or `account`, `failover`,
/// `slow_down` or `fewer_sessions`) can match. Rules with `next_transaction` match at RCPT only, and rules with `new_session`
/// only after a message in the same session.
package struct RuleBook: Sendable {
    private let own: [OperatorRule]
    package let provider: Provider?

    /// Uses the general table only.
    package init() {
        self.init(own: [], provider: nil)
    }

    package init(own: [OperatorRule], provider: Provider?) {
        self.own = own
        self.provider = provider
    }

    /// - Parameters:
    ///   - reply: one that is not a success at this phase.
    ///   - hasRecipients: at RCPT, whether the transaction already has a recipient.
    ///   - session: what its session has been through.
    ///   - isBelieved: whether the relay's own rules may fail mail at once: ``Circuit/believesRules(now:)``. The operator's
    ///     always may.
    package func verdict(
        _ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false, session: SessionStanding = .new,
        isBelieved: Bool = true
    ) -> Verdict {
        let subject = ReplySubject(reply, at: phase, hasRecipients: hasRecipients, session: session)
        let (source, verdict) = decide(reply, subject)
        let seen = verdict.seen(in: subject)
        switch source {
        case .own: return seen
        case .provider, .general: return isBelieved ? seen : seen.disbelieved
        }
    }

    /// The verdict, and the rule it comes from.
    ///
    /// - Parameters:
    ///   - reply: one that is not a success at this phase.
    ///   - hasRecipients: at RCPT, whether the transaction already has a recipient.
    ///   - session: what its session has been through.
    package func explain(
        _ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false, session: SessionStanding = .new
    ) -> Decision {
        let subject = ReplySubject(reply, at: phase, hasRecipients: hasRecipients, session: session)
        let (source, verdict) = decide(reply, subject)
        return Decision(
            source: source, verdict: verdict.seen(in: subject), matched: source.matched(in: subject),
            contradiction: source.contradiction(in: subject))
    }

    private func decide(_ reply: Reply, _ subject: ReplySubject) -> (Decision.Source, Verdict) {
        if let (index, rule) = ownRule(for: reply, subject) {
            return (.own(number: index + 1, rule), rule.verdict)
        }
        if let provider, reply.code >= 400 {
            let rule = provider.rules.first {
                Self.mayDecide($0.verdict, about: subject) && $0.pattern.fits(subject)
            }
            if let rule { return (.provider(provider, rule), rule.verdict) }
        }
        let row = OutcomeRules.row(for: subject)
        return (.general(row), row.verdict)
    }

    private func ownRule(for reply: Reply, _ subject: ReplySubject) -> (Int, OperatorRule)? {
        guard !own.isEmpty else { return nil }
        let line = OperatorRule.line(of: reply)
        let index = own.firstIndex { Self.mayDecide($0.verdict, about: subject) && $0.fits(line) }
        return index.map { ($0, own[$0]) }
    }

    private static func mayDecide(_ verdict: Verdict, about reply: ReplySubject) -> Bool {
        if verdict.action == .newSession, reply.session == .new { return false }
        return switch reply.phase {
        case .greeting, .auth: verdict.isAboutUpstream
        case .rcpt: true
        case .mail, .data, .dot: verdict.action != .nextTransaction
        }
    }
}

/// A verdict, and the rule it comes from.
package struct Decision: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// The operator's rule of this number, counted from 1 in configuration order.
        case own(number: Int, OperatorRule)
        case provider(Provider, ProviderRule)
        case general(DefaultRule)
    }

    package let source: Source
    package let verdict: Verdict
    /// The parts of the rule's pattern that the reply matches; for an operator's rule, its expression.
    package let matched: ReplyPattern.Matched
    /// The row of the general table that would have failed the mail had the reply not contradicted it; nil if there is
    /// none.
    package let contradiction: Contradiction?

    package struct Contradiction: Hashable, Sendable {
        package let row: String
        /// The word or words of the reply that speak against it.
        package let words: String
    }
}

extension Decision.Source {
    fileprivate func matched(in reply: ReplySubject) -> ReplyPattern.Matched {
        switch self {
        case .own(_, let rule): ReplyPattern.Matched(codes: [], words: [rule.match])
        case .provider(_, let rule): rule.pattern.matched(in: reply)
        case .general(let row): row.pattern.matched(in: reply)
        }
    }

    fileprivate func contradiction(in reply: ReplySubject) -> Decision.Contradiction? {
        guard case .general(let decisive) = self else { return nil }
        return DefaultRule.all.prefix { $0 != decisive }.lazy.filter { $0.pattern.fits(reply) }
            .compactMap { row in row.contradiction(in: reply).map { .init(row: row.name, words: $0) } }.first
    }
}
