/// What second opinions have shown: ``RefutationWindow``.
///
/// The dispatcher calls ``took(sender:now:)`` for each message that the upstream takes, and
/// ``refuted(_:now:jitter:isTrial:began:)`` for each that it refused for an unknown reason and another upstream took. A refusal
/// that another upstream confirms, or that nobody else could be asked about, is for neither.
extension Circuit {
    /// The upstream has taken a message.
    ///
    /// - Parameter sender: as in ``Refutation/sender``.
    package mutating func took(sender: String, now: MonotonicInstant) {
        refutations.took(sender: sender, now: now)
    }

    /// Another upstream has taken what this one refused for an unknown reason.
    ///
    /// A closed circuit opens by an account fault when the evidence suffices; the cause names the reply. A half open one opens
    /// again where its trial was refused so and refuted refusals had opened it; where something else had, the trial has
    /// ended without a verdict.
    ///
    /// - Parameters:
    ///   - jitter: -1 to 1.
    ///   - isTrial: whether the message was the trial.
    ///   - began: when the attempt did that was refused; what began before the last opening is not counted.
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
        let transition = open(.account, now: now, jitter: jitter, cause)
        past?.isRefuted = true
        return transition
    }
}
