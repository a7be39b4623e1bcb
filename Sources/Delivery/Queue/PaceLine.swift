internal import HeapModule
internal import Mail
internal import Upstreams

/// Messages that wait for the pace of one recipient domain, as mere numbers: they take no room in memory from other mail, and
/// no session.
///
/// The oldest has the next turn. A message of class `normal` counts as ten minutes younger than it is and a `bulk` one as an
/// hour, so that urgent mail overtakes them, and none of them waits for ever.
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

        /// In the units of queue IDs, which are 256 to the microsecond.
        private var order: Int64 {
            let minutes: Int64 =
                switch rank.priority {
                case .high: 0
                case .normal: 10
                case .bulk: 60
                }
            return id.rawValue + (minutes * 60_000_000) << 8
        }

        static func < (left: Entry, right: Entry) -> Bool {
            (left.order, left.id) < (right.order, right.id)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.id == right.id }
    }

    /// Time until a message that has been called and did not come is counted on no more.
    private static let patience = Duration.seconds(30)

    private var waiting = Heap<Entry>()
    /// Messages whose turn has come, and which are on their way into memory, with the times of their calls.
    private var called: [QueueID: MonotonicInstant] = [:]
    /// When something else is due for the first of them; never if there is nothing.
    private(set) var wake = Int64.max

    var count: Int { waiting.count }
    var calledCount: Int { called.count }
    var isEmpty: Bool { waiting.isEmpty }
    /// Whether nothing is known of it.
    var isIdle: Bool { waiting.isEmpty && called.isEmpty }

    mutating func add(_ entry: Entry) {
        waiting.insert(entry)
        wake = min(wake, entry.wake)
    }

    /// Whether the turn of a message has come, or would come before that of all that wait.
    func isNext(_ id: QueueID, _ rank: MessageRank) -> Bool {
        if called[id] != nil { return true }
        guard let first = waiting.min else { return true }
        return Entry(id: id, rank: rank, isAhead: false, deadline: .max, wake: .max) < first
    }

    func isCalled(_ id: QueueID) -> Bool { called[id] != nil }

    /// A message that was called has come.
    mutating func came(_ id: QueueID) { called[id] = nil }

    /// Calls the first messages; each is to be read.
    ///
    /// - Parameter room: how many may have a turn, with those that were called before.
    mutating func call(room: Int, now: MonotonicInstant) -> [Entry] {
        if !called.isEmpty { called = called.filter { now - $0.value < Self.patience } }
        var entries: [Entry] = []
        while called.count < room, let entry = waiting.popMin() {
            called[entry.id] = now
            entries.append(entry)
        }
        return entries
    }

    /// Removes messages for which something else is due.
    mutating func takeWoken(until now: Int64) -> [Entry] {
        guard wake <= now else { return [] }
        return take { $0.wake <= now }
    }

    /// Removes messages that match the condition, in order.
    mutating func take(where isMeant: (Entry) -> Bool) -> [Entry] {
        let taken = waiting.unordered.filter(isMeant)
        if !taken.isEmpty { waiting = Heap(waiting.unordered.filter { !isMeant($0) }) }
        wake = waiting.unordered.reduce(.max) { min($0, $1.wake) }
        return taken.sorted()
    }

    /// Removes messages whose senders are to hear that they wait. They expire when they are tried, and not here.
    mutating func removeOverdue(_ sweep: inout DeadlineSweep) -> [OverdueMessage] {
        var overdue: Set<QueueID> = []
        for entry in waiting.unordered where sweep.isOverdue(entry.deadline) { overdue.insert(entry.id) }
        guard !overdue.isEmpty else { return [] }
        return take { overdue.contains($0.id) }.map { entry in
            OverdueMessage(
                id: entry.id, rank: entry.rank, place: .ready(isAhead: entry.isAhead, isStuck: false))
        }
    }

    func contains(_ id: QueueID) -> Bool { waiting.unordered.contains { $0.id == id } }

    /// Gives messages the deadlines of now.
    ///
    /// - Parameter seen: by place in the schedule; set for those that are here.
    mutating func renew(
        by schedule: SpoolSchedule, _ times: WaitingTimes, _ sweep: inout DeadlineSweep, _ seen: inout [Bool]
    ) {
        waiting = Heap(
            waiting.unordered.map { entry in
                guard let place = schedule.place(of: entry.id) else { return entry }
                seen[place] = true
                var entry = entry
                entry.deadline = times.deadline(of: schedule.messages[place]).milliseconds
                sweep.note(entry.deadline)
                return entry
            })
    }
}
