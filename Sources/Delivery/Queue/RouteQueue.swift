internal import Mail
internal import Upstreams

/// The messages of one route waiting for an upstream, each class in the order of its turns.
///
/// Some are in memory, ahead of their turn. If a route is blocked while others move, messages after those are parked as
/// mere numbers, so that a route whose upstreams are all down takes no room from the others.
struct RouteQueue {
    /// A message that was examined and must wait after others of its route.
    struct Parked {
        let id: QueueID
        /// Whether its turn came before its recorded time.
        let isAhead: Bool
        let rank: MessageRank
        /// When it must be looked at although it has had no turn.
        var deadline: Int64
    }

    /// Messages in memory.
    private(set) var window = FairLines<DeliveryJob>()
    /// Whether the first of them waits for an upstream to come back.
    var isBlocked = false
    private var parked = FairLines<Parked>()

    var parkedCount: Int { parked.count }

    func parkedCount(of priority: Priority) -> Int { parked.count(of: priority) }

    /// Whether parked messages of a class are to come into memory. Where the route is blocked, that is as soon as none of the
    /// class is there: each class needs somebody to ask for its turn.
    func isShort(of priority: Priority) -> Bool {
        parked.count(of: priority) > 0 && (!isBlocked || window.count(of: priority) == 0)
    }

    // MARK: - In memory

    mutating func append(_ job: DeliveryJob) { window.append(job, job.rank) }

    mutating func prepend(_ job: DeliveryJob) { window.prepend(job, job.rank) }

    mutating func removeFirst(of priority: Priority) { _ = window.popFirst(of: priority) }

    /// Removes the messages matching the condition, by class.
    mutating func removeAll(where isMeant: (DeliveryJob) -> Bool) -> [DeliveryJob] { window.removeAll(where: isMeant) }

    // MARK: - Parked

    mutating func park(_ id: QueueID, rank: MessageRank, isAhead: Bool, deadline: Int64) {
        parked.append(Parked(id: id, isAhead: isAhead, rank: rank, deadline: deadline), rank)
    }

    /// Removes messages that are overdue, in memory or parked, in the order of their turns.
    ///
    /// - Parameter isStuck: whether no upstream of the route could take them.
    mutating func removeOverdue(isStuck: Bool, _ sweep: inout DeadlineSweep) -> [OverdueMessage] {
        let jobs = removeAll { sweep.isOverdue($0, isStuck: isStuck) }
        let entries = parked.removeAll { sweep.isOverdue($0.deadline) }
        return jobs.map { OverdueMessage($0, isStuck: isStuck) }
            + entries.map { entry in
                OverdueMessage(id: entry.id, rank: entry.rank, place: .ready(isAhead: entry.isAhead, isStuck: isStuck))
            }
    }

    /// Gives parked messages the deadlines of now.
    ///
    /// - Parameter seen: by place in the schedule; set for those that are here.
    mutating func renew(
        by schedule: SpoolSchedule, _ times: WaitingTimes, _ sweep: inout DeadlineSweep, _ seen: inout [Bool]
    ) {
        parked.update { entry in
            guard let place = schedule.place(of: entry.id) else { return }
            seen[place] = true
            entry.deadline = times.deadline(of: schedule.messages[place]).milliseconds
            sweep.note(entry.deadline)
        }
    }

    /// The next parked message of a class.
    mutating func takeParked(of priority: Priority) -> Parked? { parked.popFirst(of: priority) }

    /// Removes a parked message; nil if it is not parked, else its rank.
    mutating func removeParked(_ id: QueueID) -> MessageRank? { parked.remove { $0.id == id }?.rank }

    /// Removes many parked messages at once; returns those that were parked, with their ranks.
    mutating func removeParked(_ ids: Set<QueueID>) -> [QueueID: MessageRank] {
        let removed = parked.removeAll { ids.contains($0.id) }
        return Dictionary(removed.map { ($0.id, $0.rank) }, uniquingKeysWith: { first, _ in first })
    }

    func isParked(_ id: QueueID) -> Bool { parked.contains { $0.id == id } }

    /// All parked messages, by class and turn.
    mutating func takeAllParked() -> [Parked] {
        var all: [Parked] = []
        while let entry = parked.popFirst() { all.append(entry) }
        return all
    }

    mutating func removeAll() {
        window.removeAll()
        parked.removeAll()
    }
}
