internal import Mail
internal import Spool
internal import Upstreams

/// Messages in memory find their way by the routes of now.
extension MessageMover {
    /// The routes have changed: every message that waits for an upstream, or for a session of one, has its place again.
    ///
    /// - Parameter isSortedAlike: whether every message has the route of the same number as before.
    func reroute(isSortedAlike: Bool) {
        let failing = queue.takeFailingOver()
        var others = queue.takeReady { !jobs.rejoin($0) }
        for job in queue.replaceRoutes(count: upstreams.routes.routes.count, isSortedAlike: isSortedAlike) {
            if !jobs.rejoin(job) {
                others.append(job)
            } else if !queue.place(job) {
                ledger.closeAttempt(of: job.message)
            }
        }
        // In reverse, since each goes ahead of those that wait.
        for job in others.reversed() { putBackForReading(job) }
        for job in failing {
            jobs.renew(job)
            if !queue.keep(job) { exhausted(job) }
        }
        for upstream in upstreams.all { rerouteWaiting(at: upstream) }
    }

    /// What waits for a session of an upstream that its route does not lead to any more goes elsewhere.
    private func rerouteWaiting(at upstream: Upstream) {
        let leaving = upstream.pool.removePending { !mayStay($0, at: upstream) }
        for job in leaving.reversed() where job.cycle.tried.isEmpty { putBackForReading(job) }
        for job in leaving where !job.cycle.tried.isEmpty {
            job.endTrialWithoutVerdict(of: upstream)
            job.cycle.unreachable(upstream.index, "\(upstream.name) is no longer in its route")
            redirect(job)
        }
    }

    /// The terms of a message's route as they are now.
    func retake(_ job: DeliveryJob) { jobs.retake(job) }

    private func mayStay(_ job: DeliveryJob, at upstream: Upstream) -> Bool {
        if jobs.rejoin(job) { return leads(job, to: upstream) }
        return !job.cycle.tried.isEmpty && leads(job, to: upstream)
    }

    /// The spool knows everything about it: its next cycle begins with that.
    private func putBackForReading(_ job: DeliveryJob) {
        records(job)
        putBack(job)
    }
}
