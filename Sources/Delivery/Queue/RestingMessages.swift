internal import DequeModule
internal import Mail

/// Messages whose stream lets nothing more through now, by stream, in the order they came; each is just a few numbers.
struct RestingMessages {
    private struct Entry {
        let id: QueueID
        let rank: MessageRank
        /// When it must be looked at although its stream stands still.
        var deadline: Int64
    }

    private struct Line {
        var entries: Deque<Entry> = []
        /// No entry has an earlier deadline.
        var firstDeadline = Int64.max

        mutating func add(_ entry: Entry) {
            entries.append(entry)
            firstDeadline = min(firstDeadline, entry.deadline)
        }
    }

    private var lines: [String: Line] = [:]
    private(set) var count = 0

    var streams: [String] { Array(lines.keys) }
    func count(of stream: String) -> Int { lines[stream]?.entries.count ?? 0 }
    func contains(_ id: QueueID) -> Bool { lines.values.contains { $0.entries.contains { $0.id == id } } }

    /// The earliest time at which a message must be looked at.
    var nextDeadline: Timestamp? {
        guard let first = lines.values.lazy.map(\.firstDeadline).min(), first < .max else { return nil }
        return Timestamp(milliseconds: first)
    }

    /// - Parameter deadline: nil for never.
    mutating func add(_ id: QueueID, of stream: String, rank: MessageRank, deadline: Timestamp?) {
        let entry = Entry(id: id, rank: rank, deadline: deadline?.milliseconds ?? .max)
        lines[stream, default: Line()].add(entry)
        count += 1
    }

    /// Takes out the first messages of a stream.
    mutating func release(_ stream: String, most: Int) -> [(id: QueueID, rank: MessageRank, deadline: Int64)] {
        guard var line = lines[stream], most > 0 else { return [] }
        let released = line.entries.prefix(most).map { ($0.id, $0.rank, $0.deadline) }
        line.entries.removeFirst(released.count)
        count -= released.count
        lines[stream] = line.entries.isEmpty ? nil : line
        return released
    }

    /// Takes out messages that must be looked at.
    mutating func takeOverdue(at now: Timestamp) -> [OverdueMessage] {
        guard let next = nextDeadline, next <= now else { return [] }
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
            guard var line = lines[stream] else { continue }
            for index in line.entries.indices {
                guard let place = schedule.place(of: line.entries[index].id) else { continue }
                seen[place] = true
                line.entries[index].deadline = times.deadline(of: schedule.messages[place]).milliseconds
            }
            line.firstDeadline = line.entries.lazy.map(\.deadline).min() ?? .max
            lines[stream] = line
        }
    }

    private mutating func remove(from stream: String, where isMeant: (Entry) -> Bool) -> [Entry] {
        guard var line = lines[stream] else { return [] }
        let taken = line.entries.filter(isMeant)
        guard !taken.isEmpty else { return [] }
        line.entries.removeAll(where: isMeant)
        line.firstDeadline = line.entries.lazy.map(\.deadline).min() ?? .max
        count -= taken.count
        lines[stream] = line.entries.isEmpty ? nil : line
        return Array(taken)
    }
}
