internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Makes health checks: each in a session of its own, as far as AUTH and a sign of life behind it, with one time-out for
/// the whole.
///
/// Confined to the delivery's event loop.
final class Prober {
    let hostname: String
    let timeout: Duration
    let connector: any UpstreamConnector
    let spool: any MessageSpool
    let eventLoop: any EventLoop
    let now: @Sendable () -> Timestamp
    let report: @Sendable (DeliveryEvent) -> Void
    private var running: [ObjectIdentifier: Probe] = [:]

    init(
        hostname: String, timeout: Duration, connector: any UpstreamConnector, spool: any MessageSpool,
        eventLoop: any EventLoop, now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.hostname = hostname
        self.timeout = timeout
        self.connector = connector
        self.spool = spool
        self.eventLoop = eventLoop
        self.now = now
        self.report = report
    }

    var instant: MonotonicInstant { eventLoop.instant }

    /// Checks an upstream.
    ///
    /// - Parameter done: called once, in a later turn of the event loop; not when ``stop()`` ends the check before.
    func probe(_ pool: UpstreamPool, done: @escaping (ProbeResult) -> Void) {
        let probe = Probe(of: pool, by: self, done: done)
        running[ObjectIdentifier(probe)] = probe
        probe.start()
    }

    /// Ends all that is under way without a word.
    func stop() {
        let probes = running.values
        running = [:]
        for probe in probes { probe.cancel() }
    }

    /// The connection of a check has ended, too.
    func ended(_ probe: Probe) {
        running[ObjectIdentifier(probe)] = nil
    }
}
