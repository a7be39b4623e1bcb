package import Mail

/// What operators make of an upstream.
package enum AdminState: String, Hashable, Sendable, CaseIterable, Codable {
    case enabled
    /// No new mail; what is lined up still goes.
    case draining
    /// No new mail and no probes; what is lined up goes elsewhere, what is under way ends.
    case disabled
}

/// The admin state of one upstream, as it outlives the process.
package struct AdminOverride: Hashable, Sendable {
    package var state: AdminState
    package var reason: String?
    package var since: Timestamp
    /// When it is enabled again by itself; nil for never.
    package var until: Timestamp?

    package init(state: AdminState, reason: String? = nil, since: Timestamp, until: Timestamp? = nil) {
        self.state = state
        self.reason = reason
        self.since = since
        self.until = until
    }
}

/// What an operator wants of one upstream.
package struct UpstreamControl: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case enable, disable, drain
        /// Opens the circuit as if it had failed.
        case trip
        /// Closes the circuit and gives all traffic back at once.
        case reset
        /// A health check now; answered when it has ended.
        case probe
    }

    package var action: Action
    package var reason: String?
    /// For so long; nil for until further notice, for `trip` for `open_duration`.
    package var duration: Duration?

    package init(_ action: Action, reason: String? = nil, duration: Duration? = nil) {
        self.action = action
        self.reason = reason
        self.duration = duration
    }
}

/// What a probe came to.
package struct ProbeResult: Hashable, Sendable {
    package var at: Timestamp
    package var took: Duration
    /// How far it got where it failed, such as `connect`, `auth`; nil where it succeeded.
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

/// All that can be told of one upstream: `upstream show`.
package struct UpstreamDetail: Hashable, Sendable {
    /// One change of the circuit or the admin state.
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

    /// One reply or error that was no plain success.
    package struct Answer: Hashable, Sendable {
        package var at: Timestamp
        package var phase: String
        package var text: String
        /// What followed, such as `account, failover`; nil for a success.
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
    /// When an open circuit lets one message try, or the next step of the ramp comes.
    package var nextStepAt: Timestamp?
    package var lastProbe: ProbeResult?
    /// Names of the routes that use it.
    package var routes: [String]
    /// Newest last; at most 50. A circuit makes an entry when its state changes, or its share; an operator's word when it
    /// changes the admin state.
    package var history: [Change]
    /// Newest last; at most 20.
    package var answers: [Answer]
    /// Why what operators said of upstreams is not on disk, so that a restart would forget it; nil where it is.
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
