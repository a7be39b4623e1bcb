internal import Mail
internal import Spool

/// What waits in the spool, to be found by queue ID; made off the event loop.
struct SpoolSchedule: Sendable {
    let messages: [ScheduledMessage]
    private let places: [QueueID: Int]

    init(_ messages: [ScheduledMessage]) {
        self.messages = messages
        places = Dictionary(messages.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func place(of id: QueueID) -> Int? { places[id] }
}

/// The times of waiting messages by a new plan, at one moment.
struct WaitingTimes {
    let plan: RetryPlan
    let ages: MessageAges
    let now: Timestamp

    func deadline(of message: ScheduledMessage) -> Timestamp { plan.deadline(of: message, ages, at: now) }

    /// Whether a waiting message is due now: the new plan allows no wait this long, or the message is in doubt, and the
    /// plan alone decides when that ends.
    func isDue(_ message: ScheduledMessage, waitingUntil attempt: Int64) -> Bool {
        if message.inDoubt { return true }
        guard message.releaseAt.map({ $0 <= now }) ?? true else { return false }
        return plan.isImpossible(Timestamp(milliseconds: attempt), of: message.priority, at: now)
    }
}
