package import Mail

/// Admin state of an upstream, set by operators.
package enum AdminState: String, Hashable, Sendable, CaseIterable, Codable {
    case enabled
    /// No new mail; queued messages are still sent.
    case draining
    /// No new mail and no probes; queued messages go elsewhere, and those in progress finish.
    case disabled
}

/// The admin state of one upstream, as persisted.
package struct AdminOverride: Hashable, Sendable {
    package var state: AdminState
    package var reason: String?
    package var since: Timestamp
    /// When it is enabled again automatically; nil for never.
    package var until: Timestamp?

    package init(state: AdminState, reason: String? = nil, since: Timestamp, until: Timestamp? = nil) {
        self.state = state
        self.reason = reason
        self.since = since
        self.until = until
    }
}

/// An operator's order for one upstream.
package struct UpstreamControl: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case enable, disable, drain
        /// Opens the circuit as if it had failed.
        case trip
        /// Closes the circuit and restores all traffic at once.
        case reset
        /// Runs a health check now; answered when it has ended.
        case probe
    }

    package var action: Action
    package var reason: String?
    /// Duration; nil for until further notice or, with `trip`, for `open_duration`.
    package var duration: Duration?

    package init(_ action: Action, reason: String? = nil, duration: Duration? = nil) {
        self.action = action
        self.reason = reason
        self.duration = duration
    }
}

/// Result of a probe.
package struct ProbeResult: Hashable, Sendable {
    package var at: Timestamp
    package var took: Duration
    /// The phase that failed, such as `connect`, `auth`; nil if it succeeded.
    package var failedPhase: String?
    /// One line: the last reply, or the error.
    package var text: String
    /// Whether it failed because our account was refused.
    package var isAccountFault = false

    package init(at: Timestamp, took: Duration, failedPhase: String?, text: String) {
        self.at = at
        self.took = took
        self.failedPhase = failedPhase
        self.text = text
    }
}

/// Details of one upstream: `upstream show`.
package struct UpstreamDetail: Hashable, Sendable {
    /// A change of the circuit or the admin state.
    package struct Change: Hashable, Sendable {
        package var at: Timestamp
        package var from: String
        package var to: String
        package var share: Double
        package var cause: String

        package init(at: Timestamp, from: String, to: String, share: Double, cause: String) {
            self.at = at
            self.from = from
            self.to = to
            self.share = share
            self.cause = cause
        }
    }

    /// A reply or error other than plain success.
    package struct Answer: Hashable, Sendable {
        package var at: Timestamp
        package var phase: String
        package var text: String
        /// The verdict, such as `account, failover`; nil for a success.
        package var verdict: String?

        package init(at: Timestamp, phase: String, text: String, verdict: String?) {
            self.at = at
            self.phase = phase
            self.text = text
            self.verdict = verdict
        }
    }

    package var status: UpstreamStatus
    /// Why the share is what it is, in one sentence.
    package var reason: String
    /// When an open circuit admits a trial message, or when the next step of the ramp is due.
    package var nextStepAt: Timestamp?
    package var lastProbe: ProbeResult?
    /// Names of the routes that use it.
    package var routes: [String]
    /// Oldest first; at most 50. A circuit adds an entry when its state or its share changes, an operator when the
    /// admin state changes.
    package var history: [Change]
    /// Oldest first; at most 20.
    package var answers: [Answer]
    /// Why the overrides are not on disk and would be lost in a restart; nil if they are.
    package var unsaved: String?

    package init(
        status: UpstreamStatus, reason: String, nextStepAt: Timestamp? = nil,
        lastProbe: ProbeResult? = nil, routes: [String], history: [Change], answers: [Answer]
    ) {
        self.status = status
        self.reason = reason
        self.nextStepAt = nextStepAt
        self.lastProbe = lastProbe
        self.routes = routes
        self.history = history
        self.answers = answers
    }
}
