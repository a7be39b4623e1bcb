package import Mail

/// What a failure is about.
package enum FailureScope: String, Hashable, Sendable, CaseIterable {
    /// The host or the path to it.
    case transport
    /// Our account at this upstream.
    case account
    /// The sender, as seen by this upstream.
    case sender
    case recipient
    case message
}

/// How the relay responds to a failure.
package enum FailureAction: String, Hashable, Sendable, CaseIterable {
    /// Try the next upstream in the same cycle; defer if there is none.
    case nextUpstream = "failover"
    /// Slow down at this upstream, and try this message on the next one in the same cycle.
    case slowDown = "slow_down"
    /// Retry later, on schedule.
    case retryLater = "retry"
    /// The cause of the refusal is unknown: try the same mail on another upstream of the route in the same cycle. It
    /// fails if that one refuses it too, or if there is no other.
    case secondOpinion = "second_opinion"
    /// Retry at once on the same upstream in another transaction, because this one already has as many recipients as
    /// the server accepts. If it has none, try the next upstream.
    case nextTransaction = "next_transaction"
    /// Retry at once on the same upstream in a new session, because this one is used up. If it had taken nothing before,
    /// try the next upstream.
    case newSession = "new_session"
    /// Open fewer sessions at this upstream, and retry at once in one of the others. If there is none, slow down and try
    /// the next upstream.
    case fewerSessions = "fewer_sessions"
    /// Fail permanently.
    case fail
}

extension FailureAction {
    /// Whether the upstream works, and only wants its mail in another way.
    package var asksForLess: Bool {
        switch self {
        case .slowDown, .newSession, .fewerSessions: true
        case .nextUpstream, .retryLater, .secondOpinion, .nextTransaction, .fail: false
        }
    }
}

/// What a session has been through before a reply.
package enum SessionStanding: Hashable, Sendable, CaseIterable {
    /// No message has had its result in it.
    case new
    /// Some have.
    case used
    /// Some have, and the server has closed the session after the reply.
    case ended

    /// Some messages have had their result.
    package static let worked: [SessionStanding] = [.used, .ended]
}

/// The meaning of a failure.
package struct Verdict: Hashable, Sendable {
    package let scope: FailureScope
    package let action: FailureAction
    /// Whether it counts as a failure of the upstream; a verdict about mail proves that the upstream works.
    package let countsAgainstCircuit: Bool
    /// Whether this failure alone opens the circuit.
    package let opensCircuit: Bool
    /// Whether a refusal that needs a second opinion sounds temporary: then it is no evidence of permanent failure.
    /// False for every other action.
    package let isPassing: Bool
    /// Whether it is evidence against the upstream if another one accepts the same mail; false if the refusal is about
    /// the recipient in all likelihood.
    package let isRefutable: Bool
    /// Whether no rule knows the cause, so that another upstream's opinion decides about this one.
    package let isUnexplained: Bool

    package init(
        _ scope: FailureScope, _ action: FailureAction, countsAgainstCircuit: Bool = false, opensCircuit: Bool = false,
        isPassing: Bool = false, isRefutable: Bool = true, isUnexplained: Bool = false
    ) {
        self.isPassing = isPassing && action == .secondOpinion
        self.isRefutable = isRefutable
        self.isUnexplained = isUnexplained || action == .secondOpinion
        self.scope = scope
        self.action = action
        self.countsAgainstCircuit = countsAgainstCircuit || opensCircuit
        self.opensCircuit = opensCircuit
    }
}

extension Verdict {
    /// Derives the effect on the circuit from scope and action: an account fault opens it at once, a host fault counts,
    /// and an upstream that only asks for less is working.
    package init(rule scope: FailureScope, _ action: FailureAction) {
        self.init(
            scope, action, countsAgainstCircuit: scope == .transport && !action.asksForLess,
            opensCircuit: scope == .account && action == .nextUpstream)
    }

    /// The upstream accepts nothing from us, and retrying would not change that.
    package static let accountFault = Verdict(rule: .account, .nextUpstream)
    /// The upstream accepts mail, but more slowly.
    package static let slower = Verdict(rule: .account, .slowDown)
    /// The upstream accepts mail, but in fewer sessions.
    package static let crowded = Verdict(rule: .account, .fewerSessions)
    /// The upstream accepts mail, but no more in this session.
    package static let usedUp = Verdict(rule: .transport, .newSession)
    /// The upstream is broken for everyone.
    package static let hostFault = Verdict(rule: .transport, .nextUpstream)
    /// The upstream refuses mail of this sender.
    static let senderFault = Verdict(rule: .sender, .nextUpstream)

    /// The same refusal by an upstream whose words are not believed: one that would fail mail needs a second opinion.
    package var disbelieved: Verdict { action == .fail ? Verdict(scope, .secondOpinion) : self }

    /// Whether this is about the upstream rather than about mail; the only possibility before there is any mail.
    var isAboutUpstream: Bool {
        switch (scope, action) {
        case (.transport, .nextUpstream), (.transport, .slowDown), (.transport, .fewerSessions),
            (.account, .nextUpstream), (.account, .slowDown), (.account, .fewerSessions):
            true
        case (.transport, .retryLater), (.transport, .fail), (.account, .retryLater), (.account, .fail),
            (_, .secondOpinion), (_, .nextTransaction), (_, .newSession):
            false
        case (.sender, _), (.recipient, _), (.message, _): false
        }
    }
}

/// The step of a session that a reply belongs to, as far as outcomes care.
package enum OutcomePhase: String, Hashable, Sendable, CaseIterable {
    /// Connect, banner, EHLO, STARTTLS, the TLS handshake.
    case greeting
    case auth
    case mail
    case rcpt
    case data
    case dot
}

/// The general table: the meaning of a reply at a phase when nothing is known about the server. The first matching row
/// of ``DefaultRule/all`` applies.
package enum OutcomeRules {
    /// - Parameters:
    ///   - reply: one that is not a success at this phase.
    ///   - hasRecipients: at RCPT, whether the transaction already has a recipient.
    ///   - session: what its session has been through.
    package static func verdict(
        _ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false, session: SessionStanding = .new
    ) -> Verdict {
        let subject = ReplySubject(reply, at: phase, hasRecipients: hasRecipients, session: session)
        return row(for: subject).verdict.seen(in: subject)
    }

    static func row(for reply: ReplySubject) -> DefaultRule {
        // To a login, any reply but 235 is a refusal; a server that closes the connection offers no session.
        let isFailure = reply.code >= 400 || reply.phase == .auth || reply.phase == .greeting
        guard isFailure else { return .unexpected }
        return DefaultRule.all.first { $0.fits(reply) } ?? .unexpected
    }
}
