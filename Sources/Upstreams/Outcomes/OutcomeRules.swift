package import Mail

/// Whom a failure is about.
package enum FailureScope: String, Hashable, Sendable, CaseIterable {
    /// The host or the way to it.
    case transport
    /// Our account with this upstream.
    case account
    /// The sender, as this upstream sees it.
    case sender
    case recipient
    case message
}

/// What the relay does about a failure.
package enum FailureAction: String, Hashable, Sendable, CaseIterable {
    /// The next upstream, in the same cycle; deferred when there is none.
    case nextUpstream = "failover"
    /// The upstream is given mail more slowly, and this message goes to the next one, in the same cycle.
    case slowDown = "slow_down"
    /// Later, by the schedule.
    case retryLater = "retry"
    /// Nobody knows whom the refusal is about: another upstream of the route is shown the same mail, in the same cycle. It has
    /// failed when that one refuses it too, or where there is no other.
    case secondOpinion = "second_opinion"
    /// The same upstream, at once, in another transaction: this one has as many recipients as the server takes. Where it
    /// has none, the next upstream.
    case nextTransaction = "next_transaction"
    /// It has failed for good.
    case fail
}

/// What a failure means.
package struct Verdict: Hashable, Sendable {
    package let scope: FailureScope
    package let action: FailureAction
    /// Whether the upstream's circuit hears of it as a failure; a verdict about mail proves that the upstream works.
    package let countsAgainstCircuit: Bool
    /// Whether this one failure opens it.
    package let opensCircuit: Bool
    /// Whether a refusal that needs a second opinion has words of a trouble that passes: it is no evidence that anything has
    /// failed. False for every other action.
    package let isPassing: Bool

    package init(
        _ scope: FailureScope, _ action: FailureAction, countsAgainstCircuit: Bool = false, opensCircuit: Bool = false,
        isPassing: Bool = false
    ) {
        self.isPassing = isPassing && action == .secondOpinion
        self.scope = scope
        self.action = action
        self.countsAgainstCircuit = countsAgainstCircuit || opensCircuit
        self.opensCircuit = opensCircuit
    }
}

extension Verdict {
    /// What a rule of this scope and action means for the circuit: a fault of the account opens it at once, a fault of the
    /// host counts, and who only asks for less works.
    package init(rule scope: FailureScope, _ action: FailureAction) {
        self.init(
            scope, action, countsAgainstCircuit: scope == .transport && action != .slowDown,
            opensCircuit: scope == .account && action == .nextUpstream)
    }

    /// The upstream takes nothing of ours, and more tries would change nothing.
    package static let accountFault = Verdict(rule: .account, .nextUpstream)
    /// The upstream takes what it gets, but more slowly.
    static let slower = Verdict(rule: .account, .slowDown)
    /// The upstream is broken, for whomever.
    package static let hostFault = Verdict(rule: .transport, .nextUpstream)
    /// The upstream does not take mail of this sender.
    static let senderFault = Verdict(rule: .sender, .nextUpstream)

    /// Whether this is about the upstream and not about mail: all that can be said before there is any.
    var isAboutUpstream: Bool {
        switch (scope, action) {
        case (.transport, .nextUpstream), (.transport, .slowDown), (.account, .nextUpstream), (.account, .slowDown):
            true
        case (.transport, .retryLater), (.transport, .fail), (.account, .retryLater), (.account, .fail),
            (_, .secondOpinion), (_, .nextTransaction):
            false
        case (.sender, _), (.recipient, _), (.message, _): false
        }
    }
}

/// The step of a session that a reply answers, as far as outcomes care.
package enum OutcomePhase: String, Hashable, Sendable, CaseIterable {
    /// Connect, banner, EHLO, STARTTLS, the TLS handshake.
    case greeting
    case auth
    case mail
    case rcpt
    case data
    case dot
}

/// The general table: what a reply means at a phase when nothing is known of the server. First row of ``DefaultRule/all``
/// that fits.
package enum OutcomeRules {
    /// - Parameters:
    ///   - reply: one that is no success at this phase.
    ///   - hasRecipients: at RCPT, whether the transaction has a recipient already.
    package static func verdict(
        _ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false
    ) -> Verdict {
        let subject = ReplySubject(reply, at: phase, hasRecipients: hasRecipients)
        return row(for: subject).verdict.seen(in: subject)
    }

    /// A row that fails mail is passed over where the reply speaks of a trouble that passes.
    private static func isDoubtful(_ row: DefaultRule, _ reply: ReplySubject) -> Bool {
        row.verdict.action == .fail && PassingTrouble.contradicts(reply)
    }

    static func row(for reply: ReplySubject) -> DefaultRule {
        // Where a login was asked for, any other reply than 235 refuses it, and no server that closes is greeted.
        let isFailure = reply.code >= 400 || reply.phase == .auth || reply.phase == .greeting
        guard isFailure else { return .unexpected }
        return DefaultRule.all.first { $0.pattern.fits(reply) && !isDoubtful($0, reply) } ?? .unexpected
    }
}
