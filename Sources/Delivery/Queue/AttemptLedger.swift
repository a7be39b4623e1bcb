internal import Mail
internal import Spool

/// What the delivery has the spool record: attempts as they begin, and states as they change.
///
/// Confined to the delivery's event loop.
final class AttemptLedger {
    /// Set once the port is open, before anything is recorded.
    var outbox: SpoolOutbox?
    /// Jobs whose attempt is being recorded, with the number of answers outstanding.
    private var recording: [QueueID: (job: DeliveryJob?, answers: Int)] = [:]

    /// An attempt begins; ``answered(_:)`` tells when it is durable.
    func begin(_ job: DeliveryJob, at upstream: Upstream) {
        let answers = recording[job.id]?.answers ?? 0
        recording[job.id] = (job, answers + 1)
        let attempt = OpenAttempt(upstream: upstream.name, startedAt: job.attemptBeganAt, recipients: job.pending)
        outbox?.add(.beginAttempt(job.id, attempt))
    }

    /// Counts an answer from the spool.
    ///
    /// - Returns: the job, if this was the last answer for its current attempt.
    func answered(_ id: QueueID) -> DeliveryJob? {
        guard let entry = recording[id] else { return nil }
        guard entry.answers == 1 else {
            recording[id] = (entry.job, entry.answers - 1)
            return nil
        }
        recording[id] = nil
        return entry.job
    }

    /// Records the state of a message's recipients.
    ///
    /// - Parameter attempt: the one that has ended; nil where only states have changed, and where an attempt has not begun or
    ///   came to nothing through no fault of the upstream.
    func settle(_ message: SpooledMessage, _ attempt: AttemptRecord? = nil) {
        outbox?.add(
            .settle(
                Settlement(id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: attempt)))
    }

    /// Withdraws the open attempt that a message was committed with, if any, since it does not begin.
    func closeAttempt(of message: SpooledMessage) {
        if message.openAttempt != nil { settle(message) }
    }

    /// Every recipient has the message.
    func remove(_ id: QueueID) { outbox?.add(.remove(id)) }

    /// Submits what has gathered in this turn now, so that a read that follows sees it.
    func flush() { outbox?.flush() }
}
