internal import Mail
internal import Spool
internal import Upstreams

/// Probes of round trips.
extension CycleRunner {
    /// A transaction of a message begins.
    func began(_ job: DeliveryJob) {
        if let mark = job.message.probe { reporter.tell(.handedOver(mark)) }
    }

    /// Ends a probe that is not to be sent any more.
    ///
    /// - Parameter attempts: to be recorded.
    /// - Returns: false for all other messages.
    func dropsProbe(_ job: DeliveryJob, _ attempts: [AttemptRecord] = []) -> Bool {
        guard job.isProbe, let reason = mover.jobs.reasonToDrop(job.message) else { return false }
        job.cycle.dropProbe(reason)
        remove(job, attempts)
        if let mark = job.message.probe { reporter.tell(.dropped(mark)) }
        return true
    }
}
