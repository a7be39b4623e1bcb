internal import Mail
internal import NIOCore
internal import Spool

/// The end of the delivery.
extension Dispatcher {
    /// Starts nothing new, and calls back once nothing is in progress. What is still in progress after the grace time
    /// is ended: mail before its final dot stays queued, mail after it is in doubt.
    func stop(grace: TimeAmount, done: @escaping () -> Void) {
        flow.stop()
        stopped = done
        resolver.stop()
        orders.stop()
        deadlines.stop()
        queue.removeAll()
        for upstream in upstreams.all {
            _ = upstream.pool.removePending()
            upstream.pool.quitIdle()
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        graceEnd = eventLoop.scheduleTask(in: grace) { bound.value.endStop() }
        endStopIfIdle()
    }

    /// Called whenever work in progress may have ended.
    func endStopIfIdle() {
        guard flow.isStopping, !upstreams.all.contains(where: { $0.pool.inFlight > 0 }) else { return }
        endStop()
    }

    private func endStop() {
        guard let done = stopped else { return }
        stopped = nil
        graceEnd?.cancel()
        for upstream in upstreams.all {
            upstream.pool.addresses.stop()
            for session in upstream.pool.sessions { session.end(.stopping) }
        }
        prober.stop()
        tokens.stop()
        timer.cancel()
        streams.saveIfChanged()
        ledger.flush()
        quotas.close(upstreams.all)
        done()
    }
}
