/// The state of a circuit, without its figures; raw values are the words of JSON, logs and metrics.
package enum CircuitState: String, Hashable, Sendable, CaseIterable, Codable {
    case closed, open, halfOpen
}

/// What a circuit has just done, for the log and the history.
package struct CircuitTransition: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// It came into another state.
        case state
        /// It is closed as before, and a step of the ramp has changed the share.
        case share
        /// It is open as before, and lets the trial in at another time.
        case trialTime
    }

    package let from: CircuitState
    package let to: CircuitState
    /// The part of the traffic after the change, 0 to 1.
    package let share: Double
    /// Why, with the numbers: `5 failures in a row`, `12 of 20 attempts failed in 30 s`, `trial succeeded`.
    package let cause: String
    /// When an open circuit lets one message try; nil in other states.
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
