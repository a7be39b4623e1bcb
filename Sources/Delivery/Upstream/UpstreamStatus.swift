package import Mail
package import Upstreams

/// The state of one upstream at one instant, as `upstream list --json` shows it.
package struct UpstreamStatus: Hashable, Sendable {
    package var name: String
    /// Position in the list, from 1.
    package var priority: Int
    package var address: String
    package var circuit: CircuitState
    /// The operator's override.
    package var adminOverride: AdminOverride
    /// Share of the traffic that the upstream may receive now, 0 to 1.
    package var share: Double
    /// What the circuit alone lets through, whatever operators say; 0 to 1.
    package var circuitShare: Double
    /// Messages per second currently allowed; nil for no limit.
    package var rate: Double?
    /// In the order of relay.conf.
    package var quotas: [QuotaReport] = []
    /// Share of a quota at which the relay warns, 0 to 1.
    package var quotaWarn = 0.0
    /// When quotas that are used up let mail through again; nil if none is.
    package var quotaFreeAt: Timestamp?
    /// Probes since the start, by result.
    package var probesSucceeded = 0
    package var probesFailed = 0
    package var connections: Int
    /// The most sessions that there may be now; a ramp allows fewer.
    package var connectionLimit = 0
    /// Whether the relay looks for the best number of them (`max_connections = "auto"`).
    package var searchesConnections = false
    /// Messages given to this upstream and not yet settled, with those that are lined up for a session.
    package var inFlight: Int
    /// Those of them that are lined up for a session.
    package var linedUp = 0
    package var deliveredTotal: Int
    package var failedTotal: Int
    /// Time from the start of an attempt to the reply to the final dot, without the time that a pipelined message waits
    /// for the one before it; over the last attempts, nil before any.
    package var latencyP50: Duration?
    package var latencyP95: Duration?
    /// Messages that it takes in a session, learned from those that it ended; nil for any number.
    package var messagesPerSession: Int?
    /// Sessions that it allows at a time, learned from those that it refused; nil where it has refused none.
    package var sessionsAllowed: Int?
    /// Recipients that it takes in a transaction, learned from those that it cut short; nil for any number.
    package var recipientsPerTransaction: Int?
    /// Whether commands go one at a time, since the upstream has dropped some that were sent together.
    package var isInLockStep = false
    package var lastError: String?
    /// The fingerprint of the reply, if the circuit is open because other upstreams accept what this one refuses with
    /// it; else nil.
    package var refutedReply: String?
    /// Whether its circuit is not closed, but it answers again, and gets the next message as its trial; see
    /// ``Circuit/awaitsTrial(now:)``. Not against an operator's order.
    package var awaitsTrial = false
    /// Whether its circuit is not closed because it refuses the relay's account.
    package var refusesAccount = false
    /// How its tokens stand; nil unless the relay gets them by itself.
    package var token: TokenStatus?
    /// Whether it is no longer in relay.conf, and only ends with what is in progress.
    package var isRemoved = false
    /// Time of the circuit's last change, or of the start.
    package var since: Timestamp

    package init(name: String, priority: Int, address: String, since: Timestamp) {
        self.name = name
        self.priority = priority
        self.address = address
        self.circuit = .closed
        self.adminOverride = AdminOverride(state: .enabled, since: since)
        self.share = 1
        self.circuitShare = 1
        self.connections = 0
        self.inFlight = 0
        self.deliveredTotal = 0
        self.failedTotal = 0
        self.since = since
    }
}
