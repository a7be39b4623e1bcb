/// The state of a circuit, without its figures; raw values are the words of JSON, logs and metrics.
package enum CircuitState: String, Hashable, Sendable, CaseIterable, Codable {
    case closed, open, halfOpen
}

/// What moved a circuit, as a stable word; raw values are a label of the metrics.
package enum CircuitReason: String, Hashable, Sendable, CaseIterable {
    /// Consecutive failures.
    case failures
    /// The share of failed attempts.
    case failureRate = "failure_rate"
    /// Attempts, or a trial, that took too long.
    case slow
    /// It rejects our account.
    case account
    /// Another upstream took what it had refused.
    case refuted
    /// Health checks.
    case probe
    case `operator`
    /// A message on trial.
    case trial
    /// A step of the ramp without trouble.
    case ramp
    /// Other settings in relay.conf.
    case settings
    /// Round trips: mail that the upstream takes does not arrive, or arrives again.
    case roundTrip = "round_trip"

    /// Those that can open a closed circuit.
    package static let opening: [CircuitReason] = [
        .failures, .failureRate, .slow, .account, .refuted, .probe, .operator, .roundTrip,
    ]
    /// Those that can close one.
    package static let closing: [CircuitReason] = [.trial, .operator, .roundTrip]
}

/// A transition of a circuit, for the log and the history.
package struct CircuitTransition: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The state changed.
        case state
        /// Still closed, with a new share after a step of the ramp.
        case share
        /// Still open, with another time for the trial.
        case trialTime
    }

    package let from: CircuitState
    package let to: CircuitState
    /// Share of the traffic after the change, 0 to 1.
    package let share: Double
    /// The reason, with figures: `5 failures in a row`, `12 of 20 attempts failed in 30 s`, `trial succeeded`.
    package let cause: String
    package let reason: CircuitReason
    /// When an open circuit admits a trial message; nil in other states.
    package let until: MonotonicInstant?

    package init(
        from: CircuitState, to: CircuitState, share: Double, _ reason: CircuitReason, cause: String,
        until: MonotonicInstant? = nil
    ) {
        self.from = from
        self.to = to
        self.share = share
        self.reason = reason
        self.cause = cause
        self.until = until
    }

    package var kind: Kind {
        guard from == to else { return .state }
        switch to {
        case .closed: return .share
        case .open, .halfOpen: return .trialTime
        }
    }
}
