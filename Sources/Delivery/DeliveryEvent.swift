package import Mail
package import Suppression
package import Upstreams

/// Events of delivery for the operator; each becomes one log line.
package enum DeliveryEvent: Sendable {
    /// An upstream accepted recipients of a message.
    ///
    /// - Parameters:
    ///   - delay: since the message was accepted.
    ///   - wait: the same, of scheduled mail since the time that it was scheduled for.
    ///   - tls: version and cipher of the connection; nil in clear text.
    case delivered(
        QueueID, recipients: [Address], upstream: String, reply: String, took: Duration, delay: Duration,
        wait: Duration, tls: String?)
    /// Recipients were not accepted; they move on to `next` or, if that is nil, wait until `retryAt`.
    ///
    /// - Parameters:
    ///   - upstream: nil where none was asked.
    ///   - phase: of the attempt; nil at the end of a cycle.
    case deferred(
        QueueID, recipients: [Address], upstream: String?, phase: String?, reply: String, next: String?,
        retryAt: Timestamp?, tls: String?)
    /// Recipients were permanently refused.
    case failed(
        QueueID, recipients: [Address], upstream: String?, phase: String, reply: String, FailureClass,
        isNotice: Bool = false)
    /// A recipient gets no mail because its address is suppressed. With `refuse` a `failed` follows; with `drop` nothing
    /// does.
    case suppressed(QueueID, recipient: Address, SuppressionMatch, SuppressionAction)
    /// The relay has written a notice about a message; it is committed with its cause.
    ///
    /// - Parameters:
    ///   - notice: its own queue ID.
    ///   - to: who gets it.
    ///   - recipients: those it tells of.
    case notice(QueueID, notice: QueueID, kind: NoticeKind, to: Address, recipients: [Address])
    /// A refusal for an unknown reason was checked with another upstream: the recipient failed, or was accepted.
    ///
    /// - Parameters:
    ///   - upstream: name of the upstream that refused.
    ///   - by: name of the upstream that decided; the same if there is no other.
    ///   - reply: the refusal.
    case secondOpinion(
        QueueID, recipients: [Address], upstream: String, by: String, isConfirmed: Bool, reply: String)
    /// The connection ended after the final dot.
    ///
    /// - Parameter holdUntil: when something follows; nil where only an operator ends the doubt.
    case inDoubt(
        QueueID, recipients: [Address], upstream: String, error: String, policy: String, holdUntil: Timestamp?)
    /// An opportunistic handshake failed: sessions do without TLS for a while.
    case tlsFailed(upstream: String, reason: String)
    /// A circuit changed its state, its share, or the time of its trial.
    ///
    /// - Parameter until: when an open circuit admits a trial message.
    case circuit(
        upstream: String, from: CircuitState, to: CircuitState, share: Double, cause: String, until: Timestamp?)
    /// An upstream asked to slow down; it now gets this many messages per second.
    case slowedDown(upstream: String, rate: Double, reply: String)
    /// A recipient's domain asked for less; it now gets this many recipients per second.
    ///
    /// - Parameters:
    ///   - pace: the `[[pace]]`, by its domains.
    ///   - domain: the domain, or `family:google`.
    case paceLowered(pace: String, domain: String, rate: Double, reply: String)
    /// It gets as much as relay.conf allows again.
    ///
    /// - Parameter rate: nil for no limit.
    case paceRestored(pace: String, domain: String, rate: Double?)
    /// Something has been learned about the way of an upstream.
    ///
    /// - Parameter reply: its reply, or its behaviour; nil if it closed sessions without a word.
    case habit(upstream: String, UpstreamHabit, reply: String?)
    /// A probe failed, or the first one succeeded after failures.
    case probe(upstream: String, ProbeResult)
    /// This machine lacks what a connection needs, such as descriptors or local ports; it is tried again every second.
    case connectingPaused(upstream: String, reason: String)
    case connectingResumed(upstream: String)
    /// The account of an upstream has another token.
    ///
    /// - Parameter expires: by the system's clock.
    case tokenRenewed(upstream: String, expires: Timestamp)
    /// It has got none, or the refresh token that came with it is not on disk.
    ///
    /// - Parameter expires: when the token that there still is expires; nil without one.
    case tokenFailed(upstream: String, reason: String, expires: Timestamp?)
    /// One of an upstream's addresses has failed, and others are used; it was not known to be sick before.
    ///
    /// - Parameter address: with its port.
    case addressFailed(upstream: String, address: String, reason: String)
    /// A sick address has completed a greeting.
    case addressRecovered(upstream: String, address: String)
    /// An operator gave an order, or an order expired.
    ///
    /// - Parameter expired: the state that is over; nil for an operator's order.
    case upstreamControl(upstream: String, action: String, reason: String?, until: Timestamp?, expired: AdminState?)
    /// A quota is near its end, or used up; once per period.
    case quota(upstream: String, QuotaNews)
    /// An operator, or the upstream's own reply, has corrected what a quota has counted.
    ///
    /// - Parameters:
    ///   - by: `operator` or `upstream`.
    ///   - reason: the operator's, or the reply.
    case quotaCorrected(upstream: String, QuotaReport, by: String, reason: String?)
    /// What upstreams with quotas are given cannot be written down: they get nothing more until it can.
    case quotasUnwritable(reason: String)
    /// An operator resolved doubts.
    case resolved(QueueID, recipients: [Address], resolution: String)
    /// A stream was paused or resumed, or a new one has passed a step.
    case stream(String, StreamEvent)
    /// Somebody has set the system's clock: forward if positive. It moves no due time, and makes no mail older.
    case clockStepped(by: Duration)
    /// What happens to a probe of the named round trip. It counts for no mail.
    indirect case ofProbe(String, DeliveryEvent)
    /// Deliveries are paused because the spool cannot record them.
    case paused(String)
    case resumed
}
