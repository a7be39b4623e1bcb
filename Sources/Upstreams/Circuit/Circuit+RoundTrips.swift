/// What round trips say: an upstream may take mail with 250 and lose it, which no reply tells.
///
/// Such a verdict lies above the state, which goes on by its own rules: what probes of round trips meet at the upstream
/// counts as ever, so that it may also fail in the usual way. Once it has recovered from that, by a probe as its trial, the
/// verdict still stands. Only arriving round trips end it, or an operator's reset.
extension Circuit {
    package enum Withholding: Hashable, Sendable {
        /// All of its traffic: neither time nor health checks nor mail bring it back.
        case whole
        /// All but the first step of the ramp, which goes no further.
        case most
    }

    /// The share that is left of an upstream's traffic where no ramp says one.
    static let reducedShare = 0.1

    /// The state as operators see it.
    package var name: CircuitState { withholding == .whole && state.name == .closed ? .open : state.name }

    /// Whether it takes only part of the traffic.
    package var isRamping: Bool { ramp != nil }

    /// Mail that the upstream has taken does not arrive: it gets none, whatever its replies. Only probes of its own go there.
    ///
    /// - Returns: nil if that is nothing new.
    package mutating func openForRoundTrips(now: MonotonicInstant, cause: String) -> CircuitTransition? {
        withhold(.whole, now: now, cause)
    }

    /// The same with the first step of the ramp left.
    package mutating func reduceForRoundTrips(now: MonotonicInstant, cause: String) -> CircuitTransition? {
        withhold(.most, now: now, cause)
    }

    private mutating func withhold(
        _ next: Withholding, now: MonotonicInstant, _ cause: String
    ) -> CircuitTransition? {
        guard next != withholding else { return nil }
        let from = name
        withholding = next
        if case .closed = state { climb(to: 0, now: now) }
        return roundTripTransition(from: from, cause)
    }

    /// Mail that the upstream takes arrives again: its traffic comes back, beginning with the first step of the ramp.
    ///
    /// - Returns: nil if it has not been missed.
    package mutating func roundTripsArrive(now: MonotonicInstant, cause: String) -> CircuitTransition? {
        guard withholding != nil else { return nil }
        let from = name
        withholding = nil
        if case .closed = state { climb(to: 0, now: now) }
        return roundTripTransition(from: from, cause)
    }

    private func roundTripTransition(from: CircuitState, _ cause: String) -> CircuitTransition {
        CircuitTransition(
            from: from, to: name, share: share, .roundTrip,
            cause: "\(CircuitReason.roundTrip.rawValue): \(cause)", until: trialAt)
    }
}
