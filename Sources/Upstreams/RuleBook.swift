package import Mail

/// What the replies of one upstream mean: the operator's own rules first, then those of the provider, then the phase, the
/// enhanced status code and the first digit.
package struct RuleBook: Sendable {
    package init() {}

    /// - Parameter reply: one that is no success at this phase.
    package func verdict(_ reply: Reply, at phase: OutcomePhase) -> Verdict {
        OutcomeRules.verdict(reply, at: phase)
    }
}
