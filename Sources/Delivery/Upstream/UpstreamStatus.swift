package import Mail
package import Upstreams

/// The state of one upstream at one instant, as `upstream list --json` shows it.
package struct UpstreamStatus: Hashable, Sendable {
    package var name: String
    /// Place in the list, from 1.
    package var priority: Int
    package var address: String
    package var circuit: CircuitState
    /// What the operator said to it.
    package var adminOverride: AdminOverride
    /// The part of the traffic this upstream may take now, 0 to 1.
    package var share: Double
    /// Messages per second that are allowed now; nil for any number.
    package var rate: Double?
    /// Probes since the start, by what they came to.
    package var probesSucceeded = 0
    package var probesFailed = 0
    package var connections: Int
    /// Messages handed to sessions of this upstream and not settled.
    package var inFlight: Int
    package var deliveredTotal: Int
    package var failedTotal: Int
    /// What it needed from the start of an attempt to the reply to the final dot, without the time that a pipelined message
    /// waits for the one before it; over the last attempts, nil before any.
    package var latencyP50: Duration?
    package var latencyP95: Duration?
    package var lastError: String?
    /// The reply without what differs from mail to mail, where the circuit is open because other upstreams take what this
    /// one refuses with it; else nil.
    package var refutedReply: String?
    /// When the circuit last changed, or the start.
    package var since: Timestamp

    package init(name: String, priority: Int, address: String, since: Timestamp) {
        self.name = name
        self.priority = priority
        self.address = address
        self.circuit = .closed
        self.adminOverride = AdminOverride(state: .enabled, since: since)
        self.share = 1
        self.connections = 0
        self.inFlight = 0
        self.deliveredTotal = 0
        self.failedTotal = 0
        self.since = since
    }
}
