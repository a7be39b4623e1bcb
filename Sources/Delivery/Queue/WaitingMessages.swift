internal import HeapModule
internal import Mail

/// Waiting messages: for their turn (`ready`), or for their time.
///
/// Most of them are just a few numbers here, 32 octets; everything else is in the spool.
struct WaitingMessages {
    /// How many of those that wait for the same may become ready at once: a million retries that are due together hold up
    /// nothing else.
    static let releaseLimit = 4096

    /// A message whose turn will come, with its job if it is still in memory.
    struct Ready {
        let id: QueueID
        let job: DeliveryJob?
        /// Whether its turn came before its recorded time.
        let isAhead: Bool
        let rank: MessageRank
        /// When it must be looked at although it has had no turn; never for one in memory.
        var deadline: Int64
    }

    private struct Timed: Comparable {
        /// When it is to be tried.
        let attempt: Int64
        /// When it must be looked at in any case.
        var deadline: Int64
        /// Queue ID.
        let id: Int64
        let rank: MessageRank

        var due: Int64 { min(attempt, deadline) }

        static func < (left: Timed, right: Timed) -> Bool {
            (left.due, left.id) < (right.due, right.id)
        }

        static func == (left: Timed, right: Timed) -> Bool {
            left.id == right.id
        }
    }

    private var ready = FairLines<Ready>()
    private var timed = Heap<Timed>()
    /// Messages waiting for a time because no upstream was available; one that comes back releases them.
    private var stranded = Heap<Timed>()
    /// Messages waiting for a time because an upstream could not have them; another one that recovers releases them.
    private var barred = Heap<Timed>()
    var sweep: DeadlineSweep

    init(_ rules: DeadlineRules) {
        sweep = DeadlineSweep(rules)
    }

    var readyCount: Int { ready.count }
    var timedCount: Int { timed.count + stranded.count + barred.count }
    var hasStranded: Bool { !stranded.isEmpty }

    /// The earliest time at which a message becomes ready, or is overdue.
    var nextDue: Timestamp? {
        let first = [timed.min, stranded.min, barred.min].compactMap { $0?.due }.min()
        return first.map { Timestamp(milliseconds: $0) }
    }

    func readyCount(of priority: Priority) -> Int { ready.count(of: priority) }

    /// Adds a message after all ready ones of its user and recipient domain.
    mutating func add(
        _ id: QueueID, job: DeliveryJob?, rank: MessageRank, isAhead: Bool = false, deadline: Int64 = .max
    ) {
        sweep.note(deadline)
        ready.append(Ready(id: id, job: job, isAhead: isAhead, rank: rank, deadline: deadline), rank)
    }

    /// Puts a message back that has had its turn: it is the next one of its class.
    mutating func putBack(_ id: QueueID, rank: MessageRank, isAhead: Bool = false, deadline: Int64) {
        sweep.note(deadline)
        ready.prepend(Ready(id: id, job: nil, isAhead: isAhead, rank: rank, deadline: deadline), rank)
    }

    /// Puts a message back that has had no turn: it is before those of its user and recipient domain, and before no others.
    mutating func putBackInLine(_ id: QueueID, rank: MessageRank, isAhead: Bool = false, deadline: Int64) {
        sweep.note(deadline)
        ready.putBack(Ready(id: id, job: nil, isAhead: isAhead, rank: rank, deadline: deadline), rank)
    }

    /// - Parameter release: what makes the message ready before its time.
    mutating func add(
        _ id: QueueID, due: Timestamp, deadline: Timestamp? = nil, rank: MessageRank,
        _ release: CycleStep.Release = .time
    ) {
        let entry = Timed(
            attempt: due.milliseconds, deadline: deadline?.milliseconds ?? .max, id: id.rawValue, rank: rank)
        switch release {
        case .time: timed.insert(entry)
        case .anyUpstream: stranded.insert(entry)
        case .recovery: barred.insert(entry)
        }
    }

    /// The next message of a class.
    mutating func takeReady(of priority: Priority) -> Ready? { ready.popFirst(of: priority) }

    /// Makes due messages ready; ``nextDue`` is past if some are left.
    ///
    /// - Returns: those that are overdue while no attempt is due, removed.
    mutating func release(until now: Timestamp) -> [OverdueMessage] {
        var overdue: [OverdueMessage] = []
        for (part, release) in Self.parts {
            var room = Self.releaseLimit
            while room > 0, let first = self[keyPath: part].min, first.due <= now.milliseconds {
                room -= 1
                self[keyPath: part].removeMin()
                if first.attempt <= now.milliseconds {
                    addReady(first)
                } else {
                    overdue.append(
                        OverdueMessage(
                            id: QueueID(rawValue: first.id), rank: first.rank, place: .timed(release)))
                }
            }
        }
        return overdue
    }

    /// Removes ready messages that are overdue.
    ///
    /// - Parameter isStuck: whether no upstream could take them.
    mutating func removeOverdueReady(isStuck: Bool) -> [OverdueMessage] {
        let removed = ready.removeAll { entry in
            entry.job.map { sweep.isOverdue($0, isStuck: isStuck) } ?? sweep.isOverdue(entry.deadline)
        }
        return removed.map { entry in
            OverdueMessage(
                id: entry.id, rank: entry.rank,
                place: .ready(isAhead: entry.job?.isAhead ?? entry.isAhead, isStuck: isStuck), job: entry.job)
        }
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
        ready.removeAll { $0.job.map(isMeant) ?? false }.compactMap(\.job)
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
        ready.update { entry in
            guard let place = schedule.place(of: entry.id) else { return }
            seen[place] = true
            guard entry.job == nil else { return }
            entry.deadline = times.deadline(of: schedule.messages[place]).milliseconds
            sweep.note(entry.deadline)
        }
    }

    private typealias Part = (WritableKeyPath<WaitingMessages, Heap<Timed>>, CycleStep.Release)

    private static var parts: [Part] { [(\.timed, .time), (\.stranded, .anyUpstream), (\.barred, .recovery)] }

    /// Removes a message, wherever it waits, unless it is in memory; searches all waiting messages.
    ///
    /// - Returns: its rank; nil if it does not wait here.
    mutating func remove(_ id: QueueID) -> MessageRank? {
        if let entry = ready.remove(where: { $0.id == id && $0.job == nil }) { return entry.rank }
        for (part, _) in Self.parts {
            guard let entry = self[keyPath: part].unordered.first(where: { $0.id == id.rawValue }) else { continue }
            self[keyPath: part] = Heap(self[keyPath: part].unordered.filter { $0.id != id.rawValue })
            return entry.rank
        }
        return nil
    }

    /// Removes many messages at once, wherever they wait.
    ///
    /// - Returns: the ranks of those that waited here, and the jobs of those in memory.
    mutating func remove(_ ids: Set<QueueID>) -> (ranks: [QueueID: MessageRank], jobs: [DeliveryJob]) {
        let entries = ready.removeAll { ids.contains($0.id) }
        var removed = Dictionary(entries.map { ($0.id, $0.rank) }, uniquingKeysWith: { first, _ in first })
        let jobs = entries.compactMap(\.job)
        for (part, _) in Self.parts {
            let found = self[keyPath: part].unordered.filter { ids.contains(QueueID(rawValue: $0.id)) }
            guard !found.isEmpty else { continue }
            for entry in found { removed[QueueID(rawValue: entry.id)] = entry.rank }
            self[keyPath: part] = Heap(self[keyPath: part].unordered.filter { !ids.contains(QueueID(rawValue: $0.id)) })
        }
        return (removed, jobs)
    }

    func isReady(_ id: QueueID) -> Bool { ready.contains { $0.id == id } }

    func isScheduled(_ id: QueueID) -> Bool {
        [timed, stranded, barred].contains { $0.unordered.contains { $0.id == id.rawValue } }
    }

    private mutating func addReady(_ entry: Timed, isAhead: Bool = false) {
        sweep.note(entry.deadline)
        ready.append(
            Ready(
                id: QueueID(rawValue: entry.id), job: nil, isAhead: isAhead, rank: entry.rank,
                deadline: entry.deadline),
            entry.rank)
    }
}
