package import Mail
package import Upstreams

/// What is measured of one upstream. It is made once and kept with the upstream and its sessions, so that measuring
/// looks nothing up.
package final class UpstreamMeter: Sendable {
    /// A step of a session; raw values are a label.
    package enum Phase: String, Hashable, Sendable, CaseIterable {
        /// From the request for a connection until there is one.
        case connect
        /// From STARTTLS, or from the connection, until the handshake is complete.
        case tls
        /// All waits for the banner and for replies to EHLO.
        case greeting
        /// The whole login.
        case auth
        /// From MAIL to the reply to DATA.
        case envelope
        /// From that to the final dot, or until only the record of the attempt is missing.
        case content
        /// The wait for that record, where an attempt is recorded at its dot.
        case record
        /// From the final dot to its reply.
        case reply
    }

    package let connect, tls, greeting, auth, envelope, content, record, reply: Histogram
    /// A TLS handshake has ended, with this version (`TLSv1.3`); nil if it failed.
    package let shookHands: @Sendable (_ version: String?) -> Void
    /// Its traffic has moved to others.
    package let failedOver: @Sendable (CircuitReason) -> Void
    /// Its traffic has begun to come back.
    package let failedBack: @Sendable (CircuitReason) -> Void

    package init(
        _ histogram: (Phase) -> Histogram, shookHands: @escaping @Sendable (String?) -> Void,
        failedOver: @escaping @Sendable (CircuitReason) -> Void,
        failedBack: @escaping @Sendable (CircuitReason) -> Void
    ) {
        connect = histogram(.connect)
        tls = histogram(.tls)
        greeting = histogram(.greeting)
        auth = histogram(.auth)
        envelope = histogram(.envelope)
        content = histogram(.content)
        record = histogram(.record)
        reply = histogram(.reply)
        self.shookHands = shookHands
        self.failedOver = failedOver
        self.failedBack = failedBack
    }

    /// Measures for nobody.
    package static let unused = UpstreamMeter(
        { _ in Histogram([]) }, shookHands: { _ in }, failedOver: { _ in }, failedBack: { _ in })
}
