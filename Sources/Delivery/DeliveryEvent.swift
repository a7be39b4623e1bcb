package import Mail
package import Upstreams

/// What the delivery tells the operator; one line of the event log each.
package enum DeliveryEvent: Sendable {
    /// Recipients of a message were taken by an upstream.
    ///
    /// - Parameter tls: version and cipher of the connection; nil in clear text.
    case delivered(
        QueueID, recipients: [Address], upstream: String, reply: String, took: Duration, delay: Duration, tls: String?)
    /// Recipients were not taken; they move on to `next`, or wait until `retryAt` where there is none.
    case deferred(
        QueueID, recipients: [Address], upstream: String, phase: String, reply: String, next: String?,
        retryAt: Timestamp?, tls: String?)
    /// Recipients were refused for good.
    case failed(QueueID, recipients: [Address], upstream: String?, phase: String, reply: String)
    /// What one upstream refused for an unknown reason was shown to another: it failed, or went through.
    ///
    /// - Parameters:
    ///   - upstream: the one that refused.
    ///   - by: the one that decided; the same where there was no other.
    ///   - reply: the refusal.
    case secondOpinion(
        QueueID, recipients: [Address], upstream: String, by: String, isConfirmed: Bool, reply: String)
    /// The connection ended after the final dot.
    case inDoubt(QueueID, recipients: [Address], upstream: String, error: String, policy: String, holdUntil: Timestamp)
    /// A handshake failed where TLS is welcome and not required: sessions do without for a while.
    case tlsFailed(upstream: String, reason: String)
    /// A circuit came into another state; or one that stays as it is got another share, or another time for its trial.
    ///
    /// - Parameter until: when an open circuit lets one message try.
    case circuit(
        upstream: String, from: CircuitState, to: CircuitState, share: Double, cause: String, until: Timestamp?)
    /// An upstream has asked for less; it gets so many messages a second now.
    case slowedDown(upstream: String, rate: Double, reply: String)
    /// A probe failed, or the first one succeeded after some had failed.
    case probe(upstream: String, ProbeResult)
    /// An operator has given an order, or its time is over.
    case upstreamControl(upstream: String, action: String, reason: String?, until: Timestamp?)
    /// An operator has settled doubts.
    case resolved(QueueID, recipients: [Address], resolution: String)
    /// Deliveries stop because the spool cannot record them.
    case paused(String)
    case resumed
}

/// What the delivery can tell of one upstream at one instant; field names and units are those of
/// `upstream list --json` in the design.
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
