internal import Mail
internal import NIOCore
internal import Spool

/// The end of the delivery.
extension Dispatcher {
    /// Begins nothing new; calls back when nothing is under way, or when the grace time is over and what was under way has
    /// been ended: before its final dot it stays queued, after it, it is in doubt.
    func stop(grace: TimeAmount, done: @escaping () -> Void) {
        isStopping = true
        resolver.stop()
        queue.removeAll()
        for upstream in upstreams.all {
            _ = upstream.pool.removePending()
            upstream.pool.quitIdle()
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
