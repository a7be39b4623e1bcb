/// An upstream that has had no mail before gets a part of it first, as one that comes back does.
///
/// A step of its ramp takes a success too, not only time without trouble; trouble opens the circuit, and it begins anew with
/// the first step.
extension Circuit {
    /// It is new from now on, until ``becameKnown()``.
    package mutating func beginAsNew(now: MonotonicInstant) -> CircuitTransition? {
        guard case .closed = state, ramp == nil, settings.rampSteps.count > 1 else { return nil }
        isNew = true
        climb(to: 0, now: now)
        return CircuitTransition(from: name, to: name, share: share, .ramp, cause: "a new upstream")
    }

    /// It has had all its traffic.
    package mutating func becameKnown() { isNew = false }

    /// Whether a step may end: for a new upstream, once mail has shown within it that the upstream works.
    func isStepProven(_ ramp: Ramp) -> Bool {
        guard isNew else { return true }
        return workedAt.map { $0 + settings.stepDuration >= ramp.until } ?? false
    }
}
