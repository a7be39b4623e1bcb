internal import Mail
internal import NIOCore

extension Dispatcher {
    /// Begins nothing new; calls back when nothing is under way, or when the grace time is over and what was under way has
    /// been ended: before its final dot it stays queued, after it, it is in doubt.
    func stop(grace: TimeAmount, done: @escaping () -> Void) {
        isStopping = true
        queue.removeAll()
        for pool in pools {
            _ = pool.removePending()
            for session in pool.sessions where session.isIdle { session.quit() }
        }
        let deadline = eventLoop.now + grace
        pollUntilStopped(deadline, done)
    }

    private func pollUntilStopped(_ deadline: NIODeadline, _ done: @escaping () -> Void) {
        let busy = pools.contains { $0.inFlight > 0 }
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
        for pool in pools {
            for session in pool.sessions { session.end(.stopping) }
        }
        stopProbes()
        cancelTick()
        outbox?.flush()
    }
}
