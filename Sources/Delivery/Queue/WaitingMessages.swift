internal import DequeModule
internal import HeapModule
internal import Mail

/// Waiting messages: for their turn (`ready`), or for their time.
///
/// Most of them are just a few numbers here, 32 octets; everything else is in the spool.
struct WaitingMessages {
    /// A message whose turn will come, with its job if it is still in memory.
    struct Ready {
        let id: QueueID
        let job: DeliveryJob?
        /// Whether its turn came before its recorded time.
        let isAhead: Bool
        /// When it must be looked at although it has had no turn; never for one in memory.
        var deadline: Int64
        let priority: Priority
    }

    private struct Timed: Comparable {
        /// When it is to be tried.
        let attempt: Int64
        /// When it must be looked at in any case.
        var deadline: Int64
        /// Queue ID.
        let id: Int64
        let priority: Priority

        var due: Int64 { min(attempt, deadline) }

        static func < (left: Timed, right: Timed) -> Bool {
            (left.due, left.id) < (right.due, right.id)
        }

        static func == (left: Timed, right: Timed) -> Bool {
            left.id == right.id
        }
    }

    private var ready = [Deque<Ready>](repeating: [], count: Priority.allCases.count)
    private var timed = Heap<Timed>()
    /// Messages waiting for a time because no upstream was available; one that comes back releases them.
    private var stranded = Heap<Timed>()
    /// Messages waiting for a time because an upstream could not have them; another one that recovers releases them.
    private var barred = Heap<Timed>()
    var sweep: DeadlineSweep

    init(_ rules: DeadlineRules) {
        sweep = DeadlineSweep(rules)
    }

    var readyCount: Int { ready.reduce(0) { $0 + $1.count } }
    var timedCount: Int { timed.count + stranded.count + barred.count }
    var hasStranded: Bool { !stranded.isEmpty }

    /// The earliest time at which a message becomes ready, or is overdue.
    var nextDue: Timestamp? {
        let first = [timed.min, stranded.min, barred.min].compactMap { $0?.due }.min()
        return first.map { Timestamp(milliseconds: $0) }
    }

    /// Adds a message after all ready ones of its class.
    mutating func add(
        _ id: QueueID, job: DeliveryJob?, priority: Priority, isAhead: Bool = false, deadline: Int64 = .max
    ) {
        sweep.note(deadline)
        ready[Int(priority.rawValue)].append(
            Ready(id: id, job: job, isAhead: isAhead, deadline: deadline, priority: priority))
    }

    /// Puts a message back where it was taken from.
    mutating func putBack(_ id: QueueID, priority: Priority, isAhead: Bool = false, deadline: Int64) {
        sweep.note(deadline)
        ready[Int(priority.rawValue)].prepend(
            Ready(id: id, job: nil, isAhead: isAhead, deadline: deadline, priority: priority))
    }

    /// - Parameter release: what makes the message ready before its time.
    mutating func add(
        _ id: QueueID, due: Timestamp, deadline: Timestamp? = nil, priority: Priority,
        _ release: CycleStep.Release = .time
    ) {
        let entry = Timed(
            attempt: due.milliseconds, deadline: deadline?.milliseconds ?? .max, id: id.rawValue, priority: priority)
        switch release {
        case .time: timed.insert(entry)
        case .anyUpstream: stranded.insert(entry)
        case .recovery: barred.insert(entry)
        }
    }

    /// The next message by class and age.
    mutating func takeReady() -> Ready? {
        for index in ready.indices {
            if let entry = ready[index].popFirst() { return entry }
        }
        return nil
    }

    /// Makes due messages ready.
    ///
    /// - Returns: those that are overdue while no attempt is due, removed.
    mutating func release(until now: Timestamp) -> [OverdueMessage] {
        var overdue: [OverdueMessage] = []
        for (part, release) in Self.parts {
            while let first = self[keyPath: part].min, first.due <= now.milliseconds {
                self[keyPath: part].removeMin()
                if first.attempt <= now.milliseconds {
                    addReady(first)
                } else {
                    overdue.append(
                        OverdueMessage(
                            id: QueueID(rawValue: first.id), priority: first.priority, place: .timed(release)))
                }
            }
        }
        return overdue
    }

    /// Removes ready messages that are overdue.
    ///
    /// - Parameter isStuck: whether no upstream could take them.
    mutating func removeOverdueReady(isStuck: Bool) -> [OverdueMessage] {
        var overdue: [OverdueMessage] = []
        for priority in Priority.allCases {
            ready[Int(priority.rawValue)].removeAll { entry in
                let isOverdue =
                    entry.job.map { sweep.isOverdue($0, isStuck: isStuck) } ?? sweep.isOverdue(entry.deadline)
                guard isOverdue else { return false }
                overdue.append(
                    OverdueMessage(
                        id: entry.id, priority: priority,
                        place: .ready(isAhead: entry.job?.isAhead ?? entry.isAhead, isStuck: isStuck), job: entry.job))
                return true
            }
        }
        return overdue
    }

    /// Makes one message ready that waits for an upstream, to try whether there is one again.
    mutating func releaseOneStranded() {
        if let first = stranded.popMin() { addReady(first, isAhead: true) }
    }

    /// An upstream works again: makes the messages waiting for one ready, oldest first.
    mutating func releaseStranded() {
        guard !stranded.isEmpty else { return }
        let released = stranded.unordered.sorted { $0.id < $1.id }
        stranded = Heap()
        for entry in released { addReady(entry, isAhead: true) }
    }

    /// A circuit has closed, or an operator enables an upstream: makes messages waiting for that ready too.
    mutating func releaseAll() {
        for entry in barred.unordered { stranded.insert(entry) }
        barred = Heap()
        releaseStranded()
    }

    // MARK: - Reloads

    /// Removes messages in memory that match the condition, in order.
    mutating func takeReady(where isMeant: (DeliveryJob) -> Bool) -> [DeliveryJob] {
        var taken: [DeliveryJob] = []
        for index in ready.indices {
            ready[index].removeAll { entry in
                guard let job = entry.job, isMeant(job) else { return false }
                taken.append(job)
                return true
            }
        }
        return taken
    }

    /// Gives every message the times of now; one that is due has its turn.
    ///
    /// - Returns: by place in the schedule, which ones are here.
    mutating func renew(by schedule: SpoolSchedule, _ times: WaitingTimes) -> [Bool] {
        var seen = schedule.messages.map { _ in false }
        renewReady(by: schedule, times, &seen)
        for (part, _) in Self.parts where !self[keyPath: part].isEmpty {
            var left: [Timed] = []
            for var entry in self[keyPath: part].unordered {
                guard let place = schedule.place(of: QueueID(rawValue: entry.id)) else {
                    left.append(entry)
                    continue
                }
                seen[place] = true
                let message = schedule.messages[place]
                entry.deadline = times.deadline(of: message).milliseconds
                if times.isDue(message, waitingUntil: entry.attempt) { addReady(entry) } else { left.append(entry) }
            }
            self[keyPath: part] = Heap(left)
        }
        return seen
    }

    private mutating func renewReady(by schedule: SpoolSchedule, _ times: WaitingTimes, _ seen: inout [Bool]) {
        for priority in ready.indices {
            for index in ready[priority].indices {
                guard let place = schedule.place(of: ready[priority][index].id) else { continue }
                seen[place] = true
                guard ready[priority][index].job == nil else { continue }
                ready[priority][index].deadline = times.deadline(of: schedule.messages[place]).milliseconds
                sweep.note(ready[priority][index].deadline)
            }
        }
    }

    private typealias Part = (WritableKeyPath<WaitingMessages, Heap<Timed>>, CycleStep.Release)

    private static var parts: [Part] { [(\.timed, .time), (\.stranded, .anyUpstream), (\.barred, .recovery)] }

    /// Removes a message, wherever it waits, unless it is in memory; searches all waiting messages.
    ///
    /// - Returns: its priority; nil if it does not wait here.
    mutating func remove(_ id: QueueID) -> Priority? {
        for priority in Priority.allCases {
            let index = Int(priority.rawValue)
            guard let place = ready[index].firstIndex(where: { $0.id == id && $0.job == nil }) else { continue }
            ready[index].remove(at: place)
            return priority
        }
        for (part, _) in Self.parts {
            guard let entry = self[keyPath: part].unordered.first(where: { $0.id == id.rawValue }) else { continue }
            self[keyPath: part] = Heap(self[keyPath: part].unordered.filter { $0.id != id.rawValue })
            return entry.priority
        }
        return nil
    }

    /// Removes many messages at once, wherever they wait.
    ///
    /// - Returns: the priorities of those that waited here, and the jobs of those in memory.
    mutating func remove(_ ids: Set<QueueID>) -> (priorities: [QueueID: Priority], jobs: [DeliveryJob]) {
        var removed: [QueueID: Priority] = [:]
        var jobs: [DeliveryJob] = []
        for priority in Priority.allCases {
            ready[Int(priority.rawValue)].removeAll { entry in
                guard ids.contains(entry.id) else { return false }
                removed[entry.id] = priority
                if let job = entry.job { jobs.append(job) }
                return true
            }
        }
        for (part, _) in Self.parts {
            let found = self[keyPath: part].unordered.filter { ids.contains(QueueID(rawValue: $0.id)) }
            guard !found.isEmpty else { continue }
            for entry in found { removed[QueueID(rawValue: entry.id)] = entry.priority }
            self[keyPath: part] = Heap(self[keyPath: part].unordered.filter { !ids.contains(QueueID(rawValue: $0.id)) })
        }
        return (removed, jobs)
    }

    func isReady(_ id: QueueID) -> Bool {
        ready.contains { $0.contains { $0.id == id } }
    }

    func isScheduled(_ id: QueueID) -> Bool {
        [timed, stranded, barred].contains { $0.unordered.contains { $0.id == id.rawValue } }
    }

    private mutating func addReady(_ entry: Timed, isAhead: Bool = false) {
        sweep.note(entry.deadline)
        ready[Int(entry.priority.rawValue)].append(
            Ready(
                id: QueueID(rawValue: entry.id), job: nil, isAhead: isAhead, deadline: entry.deadline,
                priority: entry.priority))
    }
}
