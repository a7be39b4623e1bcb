package import Mail

/// Details of one upstream: `upstream show`.
package struct UpstreamDetail: Hashable, Sendable {
    /// A change of the circuit or the admin state.
    package struct Change: Hashable, Sendable {
        package var at: Timestamp
        package var transition: UpstreamTransition
        /// Share of the traffic after the change, 0 to 1.
        package var share: Double
        package var cause: String

        package init(at: Timestamp, _ transition: UpstreamTransition, share: Double, cause: String) {
            self.at = at
            self.transition = transition
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
        /// The name of the rule that decides about it; nil for a success, where nothing was said, and where nobody has looked.
        package var rule: String?

        package init(at: Timestamp, phase: String, text: String, verdict: String?, rule: String? = nil) {
            self.at = at
            self.phase = phase
            self.text = text
            self.verdict = verdict
            self.rule = rule
        }
    }

    /// One of the addresses of its name.
    package struct Address: Hashable, Sendable {
        package enum State: String, Sendable {
            case untried, healthy, sick
        }

        /// With the port.
        package var address: String
        package var state: State
        /// When it came into this state.
        package var since: Timestamp
        /// When a sick address may be tried again.
        package var until: Timestamp?
        /// Why it is sick.
        package var reason: String?
        /// Sessions there, including those being opened.
        package var sessions: Int

        package init(
            address: String, state: State, since: Timestamp, until: Timestamp? = nil, reason: String? = nil,
            sessions: Int = 0
        ) {
            self.address = address
            self.state = state
            self.since = since
            self.until = until
            self.reason = reason
            self.sessions = sessions
        }
    }

    package var status: UpstreamStatus
    /// Why the share is what it is, in one sentence.
    package var reason: String
    /// When an open circuit admits a trial message, or when the next step of the ramp is due.
    package var nextStepAt: Timestamp?
    /// When its rate allows the next message; nil for at once.
    package var turnAt: Timestamp?
    /// When a connection is tried again, after a shortage of this machine; nil for at once.
    package var connectingPausedUntil: Timestamp?
    package var lastProbe: ProbeResult?
    /// The addresses of its name, in the order of the resolver; empty before the first connection.
    package var addresses: [Address] = []
    /// The longest silence, in its last sessions, before it accepted mail; nil before any.
    package var slowestGreeting: Duration?
    /// How long a greeting may be silent if the mail can go elsewhere.
    package var greetingPatience = Duration.zero
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
