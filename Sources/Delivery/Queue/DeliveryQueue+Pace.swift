internal import Mail
internal import Upstreams

/// Messages that wait for the pace of a recipient domain.
extension DeliveryQueue {
    /// Puts a message that has no turn into the line of a pace.
    ///
    /// - Parameters:
    ///   - wake: when something else is due for it, which need not wait; nil for never.
    ///   - now: one that is overdue is not looked at again at once.
    func waitForPace(_ key: PaceTable.Key, _ job: DeliveryJob, wake: Timestamp?, now: Timestamp) {
        let due = deadline(of: job).map { $0 > now ? $0 : now + DeadlineSweep.secondLook }
        let deadline = due?.milliseconds ?? .max
        note(deadline: deadline)
        forget(job.id)
        paced[key, default: PaceLine()].add(
            PaceLine.Entry(
                id: job.id, rank: job.rank, isAhead: job.isAhead, deadline: deadline,
                wake: wake?.milliseconds ?? .max))
    }

    /// Lets the first messages of a pace's line have their turn.
    ///
    /// - Parameter room: how many may, with those that have been called before.
    func callPaced(_ key: PaceTable.Key, room: Int, now: MonotonicInstant) {
        guard var line = paced.removeValue(forKey: key) else { return }
        // In reverse, since each goes ahead of those that are ready.
        for entry in line.call(room: room, now: now).reversed() { makeReady(entry) }
        if !line.isIdle { paced[key] = line }
    }

    /// A message that was called has come into memory.
    func cameForPace(_ key: PaceTable.Key, _ id: QueueID) {
        guard paced[key]?.isCalled(id) ?? false else { return }
        paced[key]?.came(id)
        if paced[key]?.isIdle ?? false { paced[key] = nil }
    }

    /// Lets messages have their turn for which something else is due.
    func wakePaced(until now: Timestamp) {
        guard !paced.isEmpty else { return }
        for key in paced.keys {
            for entry in (paced[key]?.takeWoken(until: now.milliseconds) ?? []).reversed() { makeReady(entry) }
        }
        paced = paced.filter { !$0.value.isIdle }
    }

    /// Other paces apply: all of them are looked at again.
    func releasePaced() {
        let entries = paced.values.flatMap { line in
            var line = line
            return line.take { _ in true }
        }
        paced = [:]
        for entry in entries.sorted().reversed() { makeReady(entry) }
    }

    private func makeReady(_ entry: PaceLine.Entry) {
        let deadline = entry.deadline == .max ? nil : Timestamp(milliseconds: entry.deadline)
        putBack(entry.id, rank: entry.rank, isAhead: entry.isAhead, deadline: deadline)
    }

    /// When something else is due for one of them.
    var nextPacedWake: Timestamp? {
        let wake = paced.values.reduce(Int64.max) { min($0, $1.wake) }
        return wake == .max ? nil : Timestamp(milliseconds: wake)
    }

    var pacedCount: Int { paced.values.reduce(0) { $0 + $1.count } }

    func isPaced(_ id: QueueID) -> Bool { paced.values.contains { $0.contains(id) } }

    /// Removes a message; nil if it waits for no pace, else its rank.
    func removePaced(_ id: QueueID) -> MessageRank? { removePaced([id])[id] }

    /// Removes many messages at once; returns those that waited here, with their ranks.
    func removePaced(_ ids: Set<QueueID>) -> [QueueID: MessageRank] {
        var removed: [QueueID: MessageRank] = [:]
        for key in paced.keys {
            for entry in paced[key]?.take(where: { ids.contains($0.id) }) ?? [] { removed[entry.id] = entry.rank }
        }
        return removed
    }
}
