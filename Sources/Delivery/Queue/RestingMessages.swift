internal import Mail

/// Messages whose stream lets nothing more through now, by stream; each is just a few numbers. Where a stream lets some of
/// them go, the classes take turns by their weights, and within a class the oldest goes first.
struct RestingMessages {
    private struct Entry {
        let id: QueueID
        let rank: MessageRank
        /// When it must be looked at although its stream stands still.
        var deadline: Int64
    }

    private struct Line {
        var entries: ClassQueue<Entry>
        /// No entry has an earlier deadline.
        var firstDeadline = Int64.max

        mutating func add(_ entry: Entry) {
            entries.insert(entry, entry.rank.priority) { $0.id > entry.id }
            firstDeadline = min(firstDeadline, entry.deadline)
        }

        mutating func findDeadline() {
            var first = Int64.max
            entries.forEach { first = min(first, $0.deadline) }
            firstDeadline = first
        }
    }

    private var lines: [String: Line] = [:]
    /// When overdue messages were looked for last.
    private var lookedAt = Timestamp.distantPast
    private var weights = ClassWeights()
    private(set) var count = 0

    /// Classes have other shares from now on.
    mutating func replace(_ weights: ClassWeights) {
        self.weights = weights
        for stream in streams { lines[stream]?.entries.replace(weights) }
    }

    var streams: [String] { Array(lines.keys) }
    func count(of stream: String) -> Int { lines[stream]?.entries.count ?? 0 }
    func contains(_ id: QueueID) -> Bool { lines.values.contains { $0.entries.contains { $0.id == id } } }

    /// When messages are to be looked through for overdue ones: not before the earliest deadline, and not all the time, however
    /// closely the deadlines of a campaign follow each other.
    var nextDeadline: Timestamp? {
        guard let first = lines.values.lazy.map(\.firstDeadline).min(), first < .max else { return nil }
        return max(Timestamp(milliseconds: first), lookedAt + DeadlineSweep.pause)
    }

    /// - Parameter deadline: nil for never.
    mutating func add(_ id: QueueID, of stream: String, rank: MessageRank, deadline: Timestamp?) {
        let entry = Entry(id: id, rank: rank, deadline: deadline?.milliseconds ?? .max)
        lines[stream, default: Line(entries: ClassQueue(weights))].add(entry)
        count += 1
    }

    /// Takes out the next messages of a stream.
    mutating func release(_ stream: String, most: Int) -> [(id: QueueID, rank: MessageRank, deadline: Int64)] {
        // Taken out, so that millions of them are not copied.
        guard most > 0, var line = lines.removeValue(forKey: stream) else { return [] }
        var released: [(id: QueueID, rank: MessageRank, deadline: Int64)] = []
        while released.count < most, let entry = line.entries.popNext() {
            released.append((entry.id, entry.rank, entry.deadline))
        }
        count -= released.count
        if !line.entries.isEmpty { lines[stream] = line }
        return released
    }

    /// Takes out messages that must be looked at.
    mutating func takeOverdue(at now: Timestamp) -> [OverdueMessage] {
        guard let next = nextDeadline, next <= now else { return [] }
        lookedAt = now
        var overdue: [OverdueMessage] = []
        for stream in streams where (lines[stream]?.firstDeadline ?? .max) <= now.milliseconds {
            let taken = remove(from: stream) { $0.deadline <= now.milliseconds }
            overdue += taken.map { OverdueMessage(id: $0.id, rank: $0.rank, place: .timed(.time)) }
        }
        return overdue
    }

    // MARK: - Operators and reloads

    /// - Returns: its rank; nil if it does not rest here.
    mutating func remove(_ id: QueueID) -> MessageRank? { remove([id])[id] }

    /// - Returns: the ranks of those that rested here.
    mutating func remove(_ ids: Set<QueueID>) -> [QueueID: MessageRank] {
        var removed: [QueueID: MessageRank] = [:]
        for stream in streams {
            for entry in remove(from: stream, where: { ids.contains($0.id) }) { removed[entry.id] = entry.rank }
        }
        return removed
    }

    /// Gives every message the deadline of now.
    ///
    /// - Parameter seen: by place in the schedule, which ones are known; those here are added.
    mutating func renew(by schedule: SpoolSchedule, _ times: WaitingTimes, _ seen: inout [Bool]) {
        for stream in streams {
            lines[stream]?.entries.update { entry in
                guard let place = schedule.place(of: entry.id) else { return }
                seen[place] = true
                entry.deadline = times.deadline(of: schedule.messages[place]).milliseconds
            }
            lines[stream]?.findDeadline()
        }
    }

    private mutating func remove(from stream: String, where isMeant: (Entry) -> Bool) -> [Entry] {
        guard var line = lines.removeValue(forKey: stream) else { return [] }
        let taken = line.entries.removeAll(where: isMeant)
        count -= taken.count
        // Also if there is none: what had the earliest deadline may have been released.
        line.findDeadline()
        if !line.entries.isEmpty { lines[stream] = line }
        return taken
    }
}
