internal import Mail
internal import Spool

/// How long a message may wait.
extension RetryPlan {
    /// Whether its time is over.
    func isExpired(_ message: SpooledMessage, ages: MessageAges, at now: Timestamp) -> Bool {
        expiry(of: message, ages, at: now) <= now
    }

    /// When a message that still waits fails, by the steady clock.
    func expiry(of message: SpooledMessage, _ ages: MessageAges, at now: Timestamp) -> Timestamp {
        Wait(message, ages, at: now).end(
            settings(for: message.priority).expireAfter, longestDelay(of: message.priority))
    }

    /// When its recipients expire that still wait by then, or will wait after a scheduled release; nil if there are none.
    func announcedExpiry(of message: SpooledMessage, _ ages: MessageAges, at now: Timestamp) -> Timestamp? {
        guard message.recipients.contains(where: { $0.isWaiting || $0.state == .scheduled }) else { return nil }
        return expiry(of: message, ages, at: now)
    }

    /// Whether its sender should hear that it has waited for long.
    func isLate(_ message: SpooledMessage, ages: MessageAges, at now: Timestamp) -> Bool {
        lateness(of: Wait(message, ages, at: now), message.priority).map { $0 <= now } ?? false
    }

    /// When a message that waits expires, or its sender has to hear of the delay, whichever is first; nil if neither
    /// happens while it is in this state.
    func deadline(of message: SpooledMessage, _ ages: MessageAges, at now: Timestamp) -> Timestamp? {
        guard message.recipients.contains(where: \.isWaiting) else { return nil }
        let wait = Wait(message, ages, at: now)
        let expiry = wait.end(settings(for: message.priority).expireAfter, longestDelay(of: message.priority))
        return warning(of: message, wait).map { min($0, expiry) } ?? expiry
    }

    /// When the delay notice is due; nil if nobody gets one.
    func warning(of message: SpooledMessage, _ ages: MessageAges, at now: Timestamp) -> Timestamp? {
        warning(of: message, Wait(message, ages, at: now))
    }

    /// The same of a message whose recipients are on disk only: no later than theirs.
    func deadline(of message: ScheduledMessage, _ ages: MessageAges, at now: Timestamp) -> Timestamp {
        let wait = Wait(message, ages, at: now)
        let expiry = wait.end(settings(for: message.priority).expireAfter, longestDelay(of: message.priority))
        guard !message.isWarned, let late = lateness(of: wait, message.priority) else { return expiry }
        return min(late, expiry)
    }

    /// When something is to be done about a message; nil if nothing can be done without an operator.
    func due(of message: SpooledMessage, _ clock: DeliveryClock) -> DueTimes? {
        guard let attempt = nextDue(of: message) else { return nil }
        return DueTimes(attempt: attempt, deadline: deadline(of: message, clock.ages, at: clock.now()))
    }

    /// The same for what waits in memory.
    func deadlineRules(_ clock: DeliveryClock) -> DeadlineRules {
        DeadlineRules(
            shortestWait: shortestWait, deadline: { self.deadline(of: $0, clock.ages, at: clock.now()) },
            warning: { self.warning(of: $0, clock.ages, at: clock.now()) })
    }

    /// The shortest time that a message may wait, of any priority.
    private var shortestWait: Duration {
        Priority.allCases.map { priority in
            let settings = settings(for: priority)
            return settings.warnAfter > .zero ? min(settings.warnAfter, settings.expireAfter) : settings.expireAfter
        }.min() ?? .zero
    }

    private func warning(of message: SpooledMessage, _ wait: Wait) -> Timestamp? {
        guard message.recipients.contains(where: { $0.isWaiting && !$0.wasWarned }) else { return nil }
        return lateness(of: wait, message.priority)
    }

    private func lateness(of wait: Wait, _ priority: Priority) -> Timestamp? {
        let limit = settings(for: priority).warnAfter
        guard tellsOfDelays, limit > .zero else { return nil }
        return wait.end(limit, longestDelay(of: priority))
    }
}

/// Since when a message has waited, by the steady clock.
private struct Wait {
    private let began: Timestamp
    /// The last step of the system's clock, if the message came before.
    private let step: Timestamp?

    init(_ message: SpooledMessage, _ ages: MessageAges, at now: Timestamp) {
        self.init(message.id, message.receivedAt, message.releaseAt, ages, now)
    }

    init(_ message: ScheduledMessage, _ ages: MessageAges, at now: Timestamp) {
        self.init(message.id, message.receivedAt, message.releaseAt, ages, now)
    }

    /// Scheduled mail ages from its release.
    private init(
        _ id: QueueID, _ receivedAt: Timestamp, _ releaseAt: Timestamp?, _ ages: MessageAges, _ now: Timestamp
    ) {
        began = releaseAt ?? now - ages.age(of: id, receivedAt: receivedAt, at: now)
        step = ages.lastStep(after: id)
    }

    /// When it has waited for this long. After a start, or a step of the system's clock, mail from before gets as long as it
    /// takes every message to have its turn: nothing ends for what a clock said before it was tried again.
    ///
    /// - Parameter turn: the longest wait for a turn.
    func end(_ limit: Duration, _ turn: Duration) -> Timestamp {
        let end = began + limit
        return step.map { max(end, $0 + min(turn, limit)) } ?? end
    }
}
