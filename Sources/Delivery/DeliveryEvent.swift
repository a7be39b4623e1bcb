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
    ///
    /// - Parameters:
    ///   - upstream: nil where none was asked.
    ///   - phase: of the attempt; nil at the end of a cycle.
    case deferred(
        QueueID, recipients: [Address], upstream: String?, phase: String?, reply: String, next: String?,
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
    ///
    /// - Parameter holdUntil: when something follows; nil where only an operator ends the doubt.
    case inDoubt(
        QueueID, recipients: [Address], upstream: String, error: String, policy: String, holdUntil: Timestamp?)
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
