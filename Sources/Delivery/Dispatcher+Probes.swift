internal import Mail
internal import NIOCore
internal import Upstreams

/// Health checks: when, and what follows from them.
///
/// Hooks: ``beginProbes()`` is called by every tick, and ``nextProbeAt`` is considered when the timer is set; an operator's order
/// comes to ``probe(_:done:)``, and the end of the relay to ``stopProbes()``.
extension Dispatcher {
    /// When ``beginProbes()`` has something to do; nil for never, and while a check is under way.
    var nextProbeAt: MonotonicInstant? {
        canProbe ? probes.nextDue(health: probeHealth) : nil
    }

    /// Begins the check that is due, if there is one.
    func beginProbes() {
        guard canProbe, let index = probes.begin(now: instant, health: probeHealth) else { return }
        probe(pools[index])
    }

    private var canProbe: Bool { !isStopping }

    private func probeHealth(_ index: Int) -> ProbeSchedule.Health {
        overrides[index].state == .disabled ? .disabled : selector.circuits[index].probeHealth
    }

    /// Checks an upstream now, whatever the schedule says; one that is being checked is not checked twice.
    ///
    /// - Parameter done: called in a later turn of the event loop, when circuit and record know of it, or when the relay stops
    ///   meanwhile.
    func probe(_ pool: UpstreamPool, done: (() -> Void)? = nil) {
        let isRunning = probing[pool.index] != nil
        probing[pool.index, default: []] += done.map { [$0] } ?? []
        guard !isRunning else { return }
        prober.probe(pool) { [weak self] result in self?.probed(pool, result) }
    }

    private func probed(_ pool: UpstreamPool, _ result: ProbeResult) {
        probes.ended(pool.index, now: instant, jitter: jitter())
        let hadFailed = pool.record.lastProbe?.failedPhase != nil
        pool.record.lastProbe = result
        if result.failedPhase == nil { pool.status.probesSucceeded += 1 } else { pool.status.probesFailed += 1 }
        if hadFailed || result.failedPhase != nil { report(.probe(upstream: pool.settings.name, result)) }
        judge(pool, by: result)
        let waiting = probing.removeValue(forKey: pool.index) ?? []
        for done in waiting { done() }
        pumpSoon()
    }

    /// Ends all checks without a result.
    func stopProbes() {
        prober.stop()
        let waiting = probing.values.joined()
        probing = [:]
        for done in waiting { done() }
    }

    private func judge(_ pool: UpstreamPool, by result: ProbeResult) {
        guard let phase = result.failedPhase else {
            let transition = selector.circuits[pool.index].probeSucceeded(now: instant)
            if let transition { changed(pool, transition) }
            return
        }
        pool.status.lastError = "probe: \(phase): \(result.text)"
        let transition =
            result.isAccountFault
            ? selector.circuits[pool.index].failed(now: instant, jitter: jitter(), .account)
            : selector.circuits[pool.index].probeFailed(now: instant, jitter: jitter())
        if let transition { changed(pool, transition, detail: pool.status.lastError) }
    }
}
