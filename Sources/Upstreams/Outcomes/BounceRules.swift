package import Mail

/// What a failure says about the address, as data: in the general table ``DefaultRule/bounce``, and here for the rest.
///
/// Only what may suppress an address is here, so only what says so by an enhanced status code, or by an operator's rule
/// about the recipient. Words alone never do, but they may speak against it: see ``OtherReason``.
package enum BounceRules {
    /// Refusals of a recipient that has waited until it expired.
    private static let lasting: [StatusPattern] = ["4.2.1", "4.2.2"]

    /// What the last temporary refusal of an expired recipient says about its address.
    package static func bounce(afterWaitingFor reply: Reply) -> BounceKind? {
        guard reply.kind == .transient, let code = reply.enhancedCode else { return nil }
        return lasting.contains { $0.fits(code) } ? bounce(.soft, reply, at: .rcpt) : nil
    }

    /// What is left of what a status code or an operator's rule says, given the class of the reply and its words.
    ///
    /// - Parameters:
    ///   - said: what the code or the rule says.
    ///   - isOwn: whether a rule of the operator says so; it knows replies that no class is for.
    static func bounce(
        _ said: BounceKind, _ reply: Reply, at phase: OutcomePhase, isOwn: Bool = false
    ) -> BounceKind? {
        let kind: BounceKind? =
            switch FailureClassRule.failureClass(of: reply, at: phase, .recipient) {
            case .invalidRecipient: said
            case .other: isOwn ? said : nil
            case .mailboxFull: .soft
            case .policy, .content, .spam, .tooLarge, .authentication, .relayDenied, .throttled, .transport, .expired,
                .suppressed:
                nil
            }
        guard let kind, OtherReason.named(in: ReplySubject(reply, at: phase), against: kind) == nil else { return nil }
        return kind
    }
}

extension RuleBook {
    /// What a reply that fails a recipient says about its address; nil for nothing.
    ///
    /// - Parameters:
    ///   - reply: one whose verdict is that the recipient fails.
    ///   - hasRecipients: at RCPT, whether the transaction already has a recipient.
    ///   - session: what its session has been through.
    package func bounce(
        _ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false, session: SessionStanding = .new
    ) -> BounceKind? {
        let decision = explain(reply, at: phase, hasRecipients: hasRecipients, session: session)
        guard decision.verdict.scope == .recipient, decision.verdict.action == .fail else { return nil }
        switch decision.source {
        case .own:
            return BounceRules.bounce(.hard, reply, at: phase, isOwn: true)
        case .general(let row): return row.bounce.flatMap { BounceRules.bounce($0, reply, at: phase) }
        case .provider:
            // Its rules go by words; the code beside them may say more.
            let subject = ReplySubject(reply, at: phase, hasRecipients: hasRecipients, session: session)
            return OutcomeRules.row(for: subject).bounce.flatMap { BounceRules.bounce($0, reply, at: phase) }
        }
    }
}
