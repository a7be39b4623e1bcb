internal import Mail
internal import Upstreams

/// Messages that wait for the pace of one recipient domain, as mere numbers: they take no room in memory from other mail, and
/// no session.
///
/// Classes take turns by their weights, and streams or users within a class, as where mail waits for an upstream: urgent mail
/// is next, however long a campaign has waited, and none of it waits for ever.
struct PaceLine {
    struct Entry: Comparable {
        let id: QueueID
        let rank: MessageRank
        /// Whether its turn came before its recorded time.
        let isAhead: Bool
        /// When it must be looked at although it has had no turn.
        var deadline: Int64
        /// When something else is due for it, which need not wait; never if there is nothing.
        let wake: Int64

        /// By age.
        static func < (left: Entry, right: Entry) -> Bool { left.id < right.id }

        static func == (left: Entry, right: Entry) -> Bool { left.id == right.id }
    }

    /// Time until a message that has been called and did not come is counted on no more.
    static let patience = Duration.seconds(30)

    private var classes = [PaceFlows](repeating: PaceFlows(), count: Priority.allCases.count)
    private var turns: ClassTurns
    /// Messages whose turn has come, and which are on their way into memory, with the times of their calls.
    private var called: [QueueID: MonotonicInstant] = [:]
    /// When something else is due for the first of them; never if there is nothing.
    private(set) var wake = Int64.max
    /// When it is to be looked at again.
    var lookAt = MonotonicInstant.longAgo

    init(_ weights: ClassWeights = ClassWeights()) {
        turns = ClassTurns(weights)
    }

    var count: Int { classes[0].count + classes[1].count + classes[2].count }
    var calledCount: Int { called.count }
    var isEmpty: Bool { count == 0 }
    /// Whether nothing is known of it.
    var isIdle: Bool { isEmpty && called.isEmpty }

    /// Classes have other shares from now on.
    mutating func replace(_ weights: ClassWeights) { turns.replace(weights) }

    mutating func add(_ entry: Entry) {
        turns.began(entry.rank.priority)
        classes[Int(entry.rank.priority.rawValue)].add(entry)
        wake = min(wake, entry.wake)
    }

    // MARK: - Turns

    func isCalled(_ id: QueueID) -> Bool { called[id] != nil }

    /// A message that was called has come, or never will.
    mutating func came(_ id: QueueID) { called[id] = nil }

    /// None of these will come.
    mutating func forgetCalled(_ ids: Set<QueueID>) {
        if called.keys.contains(where: ids.contains) { called = called.filter { !ids.contains($0.key) } }
    }

    /// Calls the next messages; each is to be read.
    ///
    /// - Parameter room: how many may have a turn, with those that were called before.
    mutating func call(room: Int, now: MonotonicInstant) -> [Entry] {
        if !called.isEmpty { called = called.filter { now - $0.value < Self.patience } }
        var entries: [Entry] = []
        while called.count < room, let entry = popFirst() {
            called[entry.id] = now
            entries.append(entry)
        }
        return entries
    }

    private mutating func popFirst() -> Entry? {
        guard let priority = turns.next else { return nil }
        let index = Int(priority.rawValue)
        let entry = classes[index].popFirst()
        turns.went(priority)
        if classes[index].isEmpty { turns.ended(priority) }
        return entry
    }

    // MARK: - Out of turn

    /// Removes messages for which something else is due.
    mutating func takeWoken(until now: Int64) -> [Entry] {
        guard wake <= now else { return [] }
        return take { $0.wake <= now }
    }

    /// Removes messages that match the condition, by age.
    mutating func take(where isMeant: (Entry) -> Bool) -> [Entry] {
        var taken: [Entry] = []
        for priority in Priority.allCases {
            let index = Int(priority.rawValue)
            taken += classes[index].removeAll(where: isMeant)
            if classes[index].isEmpty { turns.ended(priority) }
        }
        wake = classes.reduce(.max) { min($0, $1.wake) }
        return taken.sorted()
    }

    /// Removes messages whose senders are to hear that they wait. They expire when they are tried, and not here.
    mutating func removeOverdue(_ sweep: inout DeadlineSweep) -> [OverdueMessage] {
        var overdue: Set<QueueID> = []
        for entry in classes.lazy.flatMap(\.all) where sweep.isOverdue(entry.deadline) { overdue.insert(entry.id) }
        guard !overdue.isEmpty else { return [] }
        return take { overdue.contains($0.id) }.map { entry in
            OverdueMessage(
                id: entry.id, rank: entry.rank, place: .ready(isAhead: entry.isAhead, isStuck: false))
        }
    }

    func contains(_ id: QueueID) -> Bool { classes.contains { $0.contains(id) } }

    /// Gives messages the deadlines of now.
    ///
    /// - Parameter seen: by place in the schedule; set for those that are here.
    mutating func renew(
        by schedule: SpoolSchedule, _ times: WaitingTimes, _ sweep: inout DeadlineSweep, _ seen: inout [Bool]
    ) {
        for index in classes.indices {
            classes[index].update { entry in
                guard let place = schedule.place(of: entry.id) else { return entry }
                seen[place] = true
                var entry = entry
                entry.deadline = times.deadline(of: schedule.messages[place]).milliseconds
                sweep.note(entry.deadline)
                return entry
            }
        }
    }
}
