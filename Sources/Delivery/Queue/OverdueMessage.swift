internal import Mail
internal import Spool

/// A message taken out of the queue because its time is over, or its sender has to hear that it waits.
struct OverdueMessage {
    /// Where it was.
    enum Place: Hashable {
        /// It waited for its time.
        case timed(CycleStep.Release)
        /// It waited for its turn.
        ///
        /// - Parameters:
        ///   - isAhead: whether that came before its recorded time.
        ///   - isStuck: whether no upstream could take it.
        case ready(isAhead: Bool, isStuck: Bool)
    }

    let id: QueueID
    let rank: MessageRank
    let place: Place
    /// If it was in memory; the spool's copy is complete.
    var job: DeliveryJob?
}

extension OverdueMessage.Place {
    /// What ends its wait besides its time, if it has to wait here once more.
    var release: CycleStep.Release {
        switch self {
        case .timed(let release): release
        case .ready(isAhead: true, _): .anyUpstream
        case .ready(isAhead: false, _): .time
        }
    }
}

extension OverdueMessage {
    /// One in memory.
    init(_ job: DeliveryJob, isStuck: Bool) {
        self.init(
            id: job.id, rank: job.rank, place: .ready(isAhead: job.isAhead, isStuck: isStuck), job: job)
    }
}

/// When a message in memory must be looked at although it has had no turn; nil for never.
struct DeadlineRules {
    /// The shortest time in which any message can be overdue.
    var shortestWait = Duration.seconds(3600)
    /// Its expiry, or the notice of its delay, whichever is first.
    var deadline: (SpooledMessage) -> Timestamp? = { _ in nil }
    /// The notice of its delay.
    var warning: (SpooledMessage) -> Timestamp? = { _ in nil }
}

/// When messages that wait for their turn are looked through for overdue ones: at the first deadline among them, and at
/// least once in the shortest time that a message may wait, since fresh ones in memory have none noted. So a message that
/// is delivered soon costs nothing, and nobody is late by more than ``pause``.
struct DeadlineSweep {
    /// Minimum time between two sweeps.
    static let pause = Duration.seconds(1)
    /// Time until an expired message that still has its turn is looked at again: its upstreams may be down by then.
    static let secondLook = Duration.seconds(60)

    private(set) var rules: DeadlineRules
    /// When the next one is due.
    private(set) var at = Timestamp.distantPast
    private var now = Timestamp.distantPast
    private var first = Int64.max

    init(_ rules: DeadlineRules) {
        self.rules = rules
    }

    /// Other rules apply: the next one is due now.
    mutating func replace(_ rules: DeadlineRules, at now: Timestamp) {
        self.rules = rules
        note(now.milliseconds)
    }

    /// A message waits until then.
    mutating func note(_ deadline: Int64) {
        if deadline < at.milliseconds { at = Timestamp(milliseconds: deadline) }
    }

    mutating func begin(_ now: Timestamp) {
        self.now = now
        first = .max
    }

    /// Whether a message is overdue; notes the deadlines of those that are not.
    mutating func isOverdue(_ deadline: Int64) -> Bool {
        guard deadline > now.milliseconds else { return true }
        first = min(first, deadline)
        return false
    }

    /// The same of one in memory.
    ///
    /// - Parameter isStuck: whether no upstream could take it; one that waits for room only is tried whatever its age.
    mutating func isOverdue(_ job: DeliveryJob, isStuck: Bool) -> Bool {
        guard isOverdue(rules.deadline(job.message)?.milliseconds ?? .max) else { return false }
        if isStuck || rules.warning(job.message).map({ $0 <= now }) ?? false { return true }
        return isOverdue((now + Self.secondLook).milliseconds)
    }

    mutating func end() {
        at = max(now + Self.pause, min(now + rules.shortestWait, Timestamp(milliseconds: first)))
    }
}
