internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Runs health checks, each in a session of its own: up to AUTH, followed by NOOP, with one timeout for the whole.
/// Knows when the next one is due.
///
/// Confined to the delivery's event loop.
final class Prober {
    private(set) var timeout: Duration
    private(set) var means: ConnectionAttempt.Means
    let clock: DeliveryClock
    let report: @Sendable (DeliveryEvent) -> Void
    private let upstreams: UpstreamDirectory
    private var schedule = ProbeSchedule()
    /// Running checks, until their connections have ended.
    private var running: [ObjectIdentifier: Probe] = [:]
    /// Callbacks by upstream under check.
    private var waiting: [Int: [() -> Void]] = [:]
    /// Those whose check begins again with other settings.
    private var interrupted: [(upstream: Upstream, done: () -> Void)] = []
    /// Called with the result of each check, before the callbacks in ``waiting``; set once, by its owner.
    var concluded: (Upstream, UpstreamEffects) -> Void = { _, _ in }

    init(
        timeout: Duration, means: ConnectionAttempt.Means, upstreams: UpstreamDirectory
    ) {
        self.timeout = timeout
        self.means = means
        self.upstreams = upstreams
        self.clock = means.clock
        self.report = means.report
    }

    // MARK: - Schedule

    /// When ``beginDue()`` has something to do; nil for never, and while a check is in progress.
    var nextDue: MonotonicInstant? {
        schedule.next(upstreams.listed.map(\.probeDue))
    }

    /// Starts the due check, if any.
    func beginDue() {
        var dues = upstreams.names.map { _ in MonotonicInstant?.none }
        for upstream in upstreams.listed { dues[upstream.index] = upstream.probeDue }
        guard let index = schedule.begin(now: clock.instant, dues) else { return }
        probe(upstreams[index])
    }

    // MARK: - One check

    /// Checks an upstream now, whatever the schedule; a check already in progress is not duplicated.
    ///
    /// - Parameter done: called in a later turn of the event loop, when the upstream knows the result, or when the
    ///   relay stops first.
    func probe(_ upstream: Upstream, done: (() -> Void)? = nil) {
        let isRunning = waiting[upstream.index] != nil
        waiting[upstream.index, default: []] += done.map { [$0] } ?? []
        guard !isRunning else { return }
        let probe = Probe(of: upstream, by: self) { [weak self] result in self?.probed(upstream, result) }
        running[ObjectIdentifier(probe)] = probe
        upstream.pool.checkBegan()
        probe.start()
    }

    private func probed(_ upstream: Upstream, _ result: ProbeResult) {
        schedule.ended(upstream.index)
        let waiting = waiting.removeValue(forKey: upstream.index) ?? []
        concluded(upstream, upstream.probed(result))
        for done in waiting { done() }
    }

    /// The check's connection has ended, too.
    func ended(_ probe: Probe) {
        if running.removeValue(forKey: ObjectIdentifier(probe)) != nil { probe.pool.checkEnded() }
    }

    // MARK: - Reloads

    func replace(timeout: Duration, hostname: String) {
        self.timeout = timeout
        means.hostname = hostname
    }

    /// Ends the checks of an upstream without a result, because its settings are about to change.
    func interrupt(_ upstream: Upstream) {
        for probe in Array(running.values) where probe.pool === upstream.pool { probe.cancel() }
        guard let callers = waiting.removeValue(forKey: upstream.index) else { return }
        schedule.ended(upstream.index)
        interrupted += callers.map { (upstream, $0) }
    }

    /// Begins the interrupted checks again that somebody waits for, unless their upstream is gone.
    func resume() {
        let callers = interrupted
        interrupted = []
        for (upstream, done) in callers {
            if upstream.isRemoved { done() } else { probe(upstream, done: done) }
        }
    }

    /// Ends all checks without a result.
    func stop() {
        let probes = running.values
        running = [:]
        for probe in probes { probe.cancel() }
        let callers = waiting.values.joined()
        waiting = [:]
        for done in callers { done() }
    }
}
