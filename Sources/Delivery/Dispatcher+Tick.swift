internal import Mail
internal import Spool
internal import Upstreams

/// Work that falls due with time.
extension Dispatcher {
    /// Sets the timer for the next due event.
    func arrangeTick() {
        var wakeups = DeliveryTimer.Wakeups(clock: clock)
        for upstream in upstreams.all {
            silence.addWakeups(of: upstream, to: &wakeups)
            if queue.hasStranded, let trial = upstream.circuit.trialAt, trial > wakeups.present { wakeups.add(trial) }
            wakeups.add(upstream.circuit.nextStepAt)
            wakeups.add(upstream.adminOverride.until.map { clock.steady(of: $0) })
            wakeups.add(upstream.pool.pausedUntil)
        }
        if !flow.isStopping { wakeups.add(prober.nextDue) }
        wakeups.add(feeder.wakeAt)
        if flow.isOpen { wakeups.add(paces.wakeAt) }
        wakeups.add(streams.wakeAt)
        wakeups.add(streams.saveAt)
        wakeups.add(flow.pausedUntil)
        wakeups.add(queue.nextDue)
        if flow.isOpen { wakeups.add(queue.nextSweep) }
        timer.set(wakeups)
    }

    func ticked() {
        if flow.resumeIfDue(now: clock.instant) { report(.resumed) }
        for upstream in upstreams.all { expireOverride(of: upstream) }
        for upstream in upstreams.all { mover.run(upstream.advance(), of: upstream) }
        if !flow.isStopping { prober.beginDue() }
        for upstream in upstreams.all { silence.check(upstream) }
        streams.saveIfDue()
        pump()
    }

    /// Somebody has set the system's clock, forward if positive. Nothing that counts by the steady clock changes.
    func clockStepped(by step: Duration) {
        clock.stepped(after: spool.makeQueueID(at: clock.wall))
        saveAges(clock.ages)
        report(.clockStepped(by: step))
        upstreams.clockStepped(by: step)
        if upstreams.all.contains(where: { $0.quota != nil }) { pump() }
        arrangeTick()
    }

    private func expireOverride(of upstream: Upstream) {
        guard let effects = upstream.expireOverride() else { return }
        upstreams.saveOverrides()
        mover.run(effects, of: upstream)
    }
}
