package import Mail

/// Results of second opinions: ``RefutationWindow``.
///
/// The dispatcher calls ``took(sender:now:)`` for each message that the upstream accepts, and
/// ``refuted(_:now:jitter:isTrial:began:)`` for each that it refused for an unknown reason and another upstream
/// accepted. Neither applies to a refusal that another upstream confirms, or without a second opinion.
extension Circuit {
    /// The upstream has accepted a message.
    ///
    /// - Parameter sender: as in ``Refutation/sender``.
    package mutating func took(sender: String, now: MonotonicInstant) {
        refutations.took(sender: sender, now: now)
        refusals.clear()
    }

    /// The upstream has refused mail, and a rule knows the cause.
    ///
    /// - Parameter domain: of the recipient.
    package mutating func refused(_ message: QueueID, domain: some StringProtocol, now: MonotonicInstant) {
        refusals.refused(message, domain: domain, now: now)
    }

    /// Another upstream has refused the same mail.
    package mutating func confirmed() {
        refusals.clear()
    }

    /// Whether rules may fail mail of this upstream: not after a streak of refusals for several domains without a single
    /// acceptance.
    package func believesRules(now: MonotonicInstant) -> Bool { !refusals.isLong(now: now) }

    /// Another upstream has accepted what this one refused for an unknown reason.
    ///
    /// A closed circuit opens by an account fault if the evidence suffices; the cause names the reply. A half-open one
    /// opens again if its trial was refused this way and refuted refusals had opened it; if something else had, the
    /// trial ends without a verdict.
    ///
    /// - Parameters:
    ///   - jitter: -1 to 1.
    ///   - isTrial: whether the message was the trial.
    ///   - began: start of the refused attempt; attempts begun before the last opening are ignored.
    package mutating func refuted(
        _ refutation: Refutation, now: MonotonicInstant, jitter: Double, isTrial: Bool = false,
        began: MonotonicInstant? = nil
    ) -> CircuitTransition? {
        switch state {
        case .closed:
            guard isNews(since: began), let cause = refutations.refuted(refutation, now: now) else { return nil }
            return openRefuted(now: now, jitter: jitter, cause)
        case .halfOpen:
            guard isTrial else { return nil }
            guard past?.isRefuted ?? false else { return trialEndedWithoutVerdict(now: now) }
            let cause = "trial refused with \"\(refutation.fingerprint)\", and another upstream took it"
            return openRefuted(now: now, jitter: jitter, cause)
        case .open:
            return nil
        }
    }

    private mutating func openRefuted(now: MonotonicInstant, jitter: Double, _ cause: String) -> CircuitTransition {
        let transition = open(.account, .refuted, now: now, jitter: jitter, cause)
        past?.isRefuted = true
        return transition
    }
}
