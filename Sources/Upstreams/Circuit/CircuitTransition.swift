/// The state of a circuit, without its figures; raw values are the words of JSON, logs and metrics.
package enum CircuitState: String, Hashable, Sendable, CaseIterable, Codable {
    case closed, open, halfOpen
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
    /// When an open circuit admits a trial message; nil in other states.
    package let until: MonotonicInstant?

    package init(from: CircuitState, to: CircuitState, share: Double, cause: String, until: MonotonicInstant? = nil) {
        self.from = from
        self.to = to
        self.share = share
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
