internal import Mail
internal import NIOCore
internal import Upstreams

/// What happens because time passes, and the end.
extension Dispatcher {
    /// Sets the timer for the next thing that is due.
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

    // MARK: - The end

    /// Begins nothing new; calls back when nothing is under way, or when the grace time is over and what was under way has
    /// been ended: before its final dot it stays queued, after it, it is in doubt.
    func stop(grace: TimeAmount, done: @escaping () -> Void) {
        isStopping = true
        resolver.stop()
        queue.removeAll()
        for upstream in upstreams.all {
            _ = upstream.pool.removePending()
            for session in upstream.pool.sessions where session.isIdle { session.quit() }
        }
        pollUntilStopped(eventLoop.now + grace, done)
    }

    private func pollUntilStopped(_ deadline: NIODeadline, _ done: @escaping () -> Void) {
        let busy = upstreams.all.contains { $0.pool.inFlight > 0 }
        guard busy, eventLoop.now < deadline else {
            finishStop()
            done()
            return
        }
        let bound = NIOLoopBound((self, done), eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(5)) {
            let (dispatcher, done) = bound.value
            dispatcher.pollUntilStopped(deadline, done)
        }
    }

    private func finishStop() {
        for upstream in upstreams.all {
            for session in upstream.pool.sessions { session.end(.stopping) }
        }
        prober.stop()
        timer.cancel()
        ledger.flush()
    }
}
