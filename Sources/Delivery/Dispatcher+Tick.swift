internal import Mail
internal import Upstreams

/// Everything that happens as time passes.
extension Dispatcher {
    /// Sets the timer for the next due event.
    func arrangeTick() {
        var wakeups = DeliveryTimer.Wakeups(clock: clock)
        for upstream in upstreams.all {
            addSessions(of: upstream, to: &wakeups)
            if queue.hasStranded, let trial = upstream.circuit.trialAt, trial > wakeups.present { wakeups.add(trial) }
            wakeups.add(upstream.circuit.nextStepAt)
            wakeups.add(upstream.adminOverride.until)
        }
        if !isStopping { wakeups.add(prober.nextDue) }
        wakeups.add(wakeAt)
        wakeups.add(pausedUntil)
        wakeups.add(queue.nextDue)
        timer.set(wakeups)
    }

    func ticked() {
        endPauseIfDue()
        for upstream in upstreams.all { expireOverride(of: upstream) }
        for upstream in upstreams.all { run(upstream.advance(), of: upstream) }
        if !isStopping { prober.beginDue() }
        for upstream in upstreams.all {
            checkSessions(of: upstream)
            checkPending(of: upstream)
        }
        pump()
    }

    private func endPauseIfDue() {
        guard let until = pausedUntil, until <= clock.instant else { return }
        pausedUntil = nil
        report(.resumed)
    }

    private func expireOverride(of upstream: Upstream) {
        guard let effects = upstream.expireOverride() else { return }
        upstreams.saveOverrides()
        run(effects, of: upstream)
    }
}
