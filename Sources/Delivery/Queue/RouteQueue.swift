internal import DequeModule
internal import Mail
internal import Upstreams

/// The messages of one route waiting for an upstream, in order.
///
/// Some are in memory, ahead of their turn. If a route is blocked while others move, messages after those are parked as
/// mere numbers, so that a route whose upstreams are all down takes no room from the others.
struct RouteQueue {
    /// A message that was examined and must wait after others of its route.
    struct Parked {
        let id: QueueID
        /// Whether its turn came before its recorded time.
        let isAhead: Bool
        /// When it must be looked at although it has had no turn.
        var deadline: Int64
        let priority: Priority
    }

    /// Messages in memory.
    private(set) var window: Deque<DeliveryJob> = []
    /// Whether the first of them waits for an upstream to come back.
    var isBlocked = false
    private var parked = [Deque<Parked>](repeating: [], count: Priority.allCases.count)

    var parkedCount: Int { parked.reduce(0) { $0 + $1.count } }

    // MARK: - In memory

    mutating func append(_ job: DeliveryJob) { window.append(job) }

    mutating func prepend(_ job: DeliveryJob) { window.prepend(job) }

    mutating func removeFirst() -> DeliveryJob { window.removeFirst() }

    /// Removes the messages matching the condition, in order.
    mutating func removeAll(where isMeant: (DeliveryJob) -> Bool) -> [DeliveryJob] {
        let removed = window.filter(isMeant)
        if !removed.isEmpty { window.removeAll(where: isMeant) }
        return Array(removed)
    }

    // MARK: - Parked

    mutating func park(_ id: QueueID, priority: Priority, isAhead: Bool, deadline: Int64) {
        parked[Int(priority.rawValue)].append(Parked(id: id, isAhead: isAhead, deadline: deadline, priority: priority))
    }

    /// Removes messages that are overdue, parked or in memory.
    ///
    /// - Parameter isStuck: whether no upstream of the route could take them.
    mutating func removeOverdue(isStuck: Bool, _ sweep: inout DeadlineSweep) -> [OverdueMessage] {
        var overdue: [OverdueMessage] = []
        for priority in Priority.allCases {
            parked[Int(priority.rawValue)].removeAll { entry in
                guard sweep.isOverdue(entry.deadline) else { return false }
                overdue.append(
                    OverdueMessage(
                        id: entry.id, priority: priority, place: .ready(isAhead: entry.isAhead, isStuck: isStuck)))
                return true
            }
        }
        return overdue
            + removeAll { sweep.isOverdue($0, isStuck: isStuck) }.map { OverdueMessage($0, isStuck: isStuck) }
    }

    /// Gives parked messages the deadlines of now.
    ///
    /// - Parameter seen: by place in the schedule; set for those that are here.
    mutating func renew(
        by schedule: SpoolSchedule, _ times: WaitingTimes, _ sweep: inout DeadlineSweep, _ seen: inout [Bool]
    ) {
        for priority in parked.indices {
            for index in parked[priority].indices {
                guard let place = schedule.place(of: parked[priority][index].id) else { continue }
                seen[place] = true
                parked[priority][index].deadline = times.deadline(of: schedule.messages[place]).milliseconds
                sweep.note(parked[priority][index].deadline)
            }
        }
    }

    /// The next parked message by class and age.
    mutating func takeParked() -> Parked? {
        for index in parked.indices {
            if let entry = parked[index].popFirst() { return entry }
        }
        return nil
    }

    /// Removes a parked message; nil if it is not parked, else its priority.
    mutating func removeParked(_ id: QueueID) -> Priority? {
        for priority in Priority.allCases {
            let index = Int(priority.rawValue)
            guard let place = parked[index].firstIndex(where: { $0.id == id }) else { continue }
            parked[index].remove(at: place)
            return priority
        }
        return nil
    }

    /// Removes many parked messages at once; returns those that were parked, with their priorities.
    mutating func removeParked(_ ids: Set<QueueID>) -> [QueueID: Priority] {
        var removed: [QueueID: Priority] = [:]
        for priority in Priority.allCases {
            parked[Int(priority.rawValue)].removeAll { entry in
                guard ids.contains(entry.id) else { return false }
                removed[entry.id] = priority
                return true
            }
        }
        return removed
    }

    func isParked(_ id: QueueID) -> Bool {
        parked.contains { $0.contains { $0.id == id } }
    }

    /// All parked messages with their class, by class and age.
    mutating func takeAllParked() -> [(Parked, Priority)] {
        var all: [(Parked, Priority)] = []
        for priority in Priority.allCases {
            all += parked[Int(priority.rawValue)].map { ($0, priority) }
            parked[Int(priority.rawValue)].removeAll()
        }
        return all
    }

    mutating func removeAll() {
        window.removeAll()
        for index in parked.indices { parked[index].removeAll() }
    }
}
