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

    package init(
        _ scope: FailureScope, _ action: FailureAction, countsAgainstCircuit: Bool = false, opensCircuit: Bool = false
    ) {
        self.scope = scope
        self.action = action
        self.countsAgainstCircuit = countsAgainstCircuit || opensCircuit
        self.opensCircuit = opensCircuit
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

/// The one table that says what a reply means: phase, then enhanced status code, then first digit.
///
/// | phase | reply | scope | action | counts |
/// |---|---|---|---|---|
/// | AUTH | anything but success | account | next upstream | opens it |
/// | any other | 421 | transport | next upstream | yes |
/// | greeting | anything but success | transport | next upstream | yes |
/// | MAIL, DATA | 4yz | account | next upstream | yes |
/// | MAIL, DATA | 5yz with x.3.4, x.6.z | message | fail | no |
/// | MAIL | 5yz | sender | next upstream | no |
/// | DATA | 5yz | message | fail | no |
/// | RCPT | 4yz | recipient | next upstream | no |
/// | RCPT | 5yz | recipient | fail | no |
/// | dot | 4yz | message | retry later | no |
/// | dot | 5yz | message | fail | no |
///
/// A code outside 400 to 599 where success was asked for is no verdict about mail: it counts as `4yz`.
package enum OutcomeRules {
    package static func verdict(_ reply: Reply, at phase: OutcomePhase) -> Verdict {
        if phase != .auth, reply.code == 421 { return Verdict(.transport, .nextUpstream, countsAgainstCircuit: true) }
        let isPermanent = reply.kind == .permanent
        switch phase {
        case .greeting:
            return Verdict(.transport, .nextUpstream, countsAgainstCircuit: true)
        case .auth:
            return accountFault
        case .mail, .data:
            guard isPermanent else { return Verdict(.account, .nextUpstream, countsAgainstCircuit: true) }
            if phase == .data || isAboutMessage(reply) { return Verdict(.message, .fail) }
            return Verdict(.sender, .nextUpstream)
        case .rcpt:
            return Verdict(.recipient, isPermanent ? .fail : .nextUpstream)
        case .dot:
            return Verdict(.message, isPermanent ? .fail : .retryLater)
        }
    }

    /// The upstream does not want us, whatever the message: credentials that it refuses, or no way to show them.
    package static let accountFault = Verdict(.account, .nextUpstream, opensCircuit: true)

    /// Size limits (RFC 1870 section 6.1, RFC 3463 section 3.4) and content that cannot be carried (section 3.7).
    private static func isAboutMessage(_ reply: Reply) -> Bool {
        guard let code = reply.enhancedCode else { return reply.code == 552 }
        return code.subject == 6 || (code.subject == 3 && code.detail == 4)
    }
}
