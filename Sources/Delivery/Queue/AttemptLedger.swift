internal import Mail
internal import Spool

/// What the delivery has the spool record: attempts as they begin, and states as they change.
///
/// Confined to the delivery's event loop.
final class AttemptLedger {
    private let client: SpoolClient
    /// Jobs whose attempt is being recorded, with the number of outstanding answers.
    private var recording: [QueueID: (job: DeliveryJob?, answers: Int)] = [:]

    /// Whether an attempt is recorded only when its content is with the upstream (``MessageSpool/recordsAttemptsAtDots``).
    let recordsAtDots: Bool

    init(_ client: SpoolClient) {
        self.client = client
        self.recordsAtDots = client.spool.recordsAttemptsAtDots
    }

    /// An attempt with these recipients is to be on record; ``answered(_:)`` tells when it is durable.
    ///
    /// - Parameter startedAt: when it began, by the steady clock.
    func begin(_ job: DeliveryJob, at upstream: Upstream, _ startedAt: Timestamp, _ recipients: [Int]) {
        let answers = recording[job.id]?.answers ?? 0
        recording[job.id] = (job, answers + 1)
        let attempt = OpenAttempt(upstream: upstream.name, startedAt: startedAt, recipients: recipients)
        client.add(.beginAttempt(job.id, attempt))
    }

    /// Another attempt of the message follows, or none does: what the spool has yet to answer is about none that runs.
    func forgetAttempts(of id: QueueID) {
        guard !recording.isEmpty, let entry = recording[id] else { return }
        recording[id] = (nil, entry.answers)
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
    /// - Parameter attempt: the finished attempt; nil if only states have changed, or if no attempt was made that counts
    ///   against the upstream.
    func settle(_ message: SpooledMessage, _ attempt: AttemptRecord? = nil, _ notices: [NoticeRequest] = []) {
        client.add(.settle(Settlement(message, attempt, notices)))
    }

    /// Records the state of a message's recipients.
    ///
    /// - Parameter done: told once whether that is durable, on the loop.
    func settle(_ message: SpooledMessage, done: @escaping SpoolClient.Acknowledgement) {
        client.settle(Settlement(message), done: done)
    }

    /// The same with an entry for each outcome of an attempt.
    ///
    /// - Parameter notices: committed with the first of them.
    func settle(_ message: SpooledMessage, _ attempts: [AttemptRecord], _ notices: [NoticeRequest]) {
        settle(message, attempts.first, notices)
        for attempt in attempts.dropFirst() { settle(message, attempt) }
    }

    /// Nothing is left to do for any recipient: the message leaves the spool.
    func end(_ message: SpooledMessage, _ attempts: [AttemptRecord], _ notices: [NoticeRequest] = []) {
        let last = LastState(message, attempts)
        client.add(.settle(Settlement(message, attempts.first, notices, last: last)))
    }

    /// Withdraws the open attempt that a message was committed with, if any, since it does not begin.
    func closeAttempt(of message: SpooledMessage) {
        if message.openAttempt != nil { settle(message) }
    }

    /// Changes waiting messages by an operator's order.
    func change(
        _ ids: [QueueID], _ change: MessageChange, done: @escaping (Result<[SpooledMessage?], SpoolError>) -> Void
    ) {
        client.change(ids, change, done: done)
    }

    /// Reads messages back as they are after all that was recorded before: one that is read as it was before its attempt was
    /// closed would go out with no attempt on record, and again after a crash.
    func load(_ ids: [QueueID], receive: @escaping ([LoadResult]) -> Void) {
        client.load(ids, receive: receive)
    }

    /// Submits now what has gathered in this turn.
    func flush() { client.flush() }
}

extension Settlement {
    /// The state that a message is in.
    init(
        _ message: SpooledMessage, _ attempt: AttemptRecord? = nil, _ notices: [NoticeRequest] = [],
        last: LastState? = nil
    ) {
        self.init(
            id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: attempt,
            boundUpstream: message.boundUpstream, notices: notices, last: last)
    }
}

extension SpooledMessage {
    /// Whether nothing is left to do for any recipient: it leaves the spool.
    var isSettled: Bool { recipients.allSatisfy(\.isSettled) }
    /// Whether every recipient has it.
    var isDelivered: Bool { recipients.allSatisfy { $0.state == .delivered } }
}
