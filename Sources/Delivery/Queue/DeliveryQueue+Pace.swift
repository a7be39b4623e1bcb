internal import Mail
internal import Upstreams

/// Messages that wait for the pace of a recipient domain.
extension DeliveryQueue {
    /// Puts a message that has no turn into the line of a pace.
    ///
    /// - Parameters:
    ///   - weights: of the classes, if it is the first there.
    ///   - wake: when something else is due for it, which need not wait; nil for never.
    ///   - now: one that is overdue is not looked at again at once.
    func waitForPace(
        _ key: PaceTable.Key, _ job: DeliveryJob, weights: ClassWeights, wake: Timestamp?, now: Timestamp
    ) {
        let due = deadline(of: job).map { $0 > now ? $0 : now + DeadlineSweep.secondLook }
        let deadline = due?.milliseconds ?? .max
        note(deadline: deadline)
        forget(job.id)
        paced[key, default: PaceLine(weights)].add(
            PaceLine.Entry(
                id: job.id, rank: job.rank, isAhead: job.isAhead, deadline: deadline,
                wake: wake?.milliseconds ?? .max))
    }

    /// Lets the next messages of a pace's line have their turn.
    ///
    /// - Parameter room: how many may, with those that have been called before.
    func callPaced(_ key: PaceTable.Key, room: Int, now: MonotonicInstant) {
        guard var line = paced.removeValue(forKey: key) else { return }
        // In reverse, since each goes ahead of those that are ready.
        for entry in line.call(room: room, now: now).reversed() {
            putBack(entry.id, rank: entry.rank, isAhead: entry.isAhead, deadline: Self.deadline(of: entry))
        }
        if !line.isIdle { paced[key] = line }
    }

    /// A message that was called has come into memory.
    ///
    /// - Returns: whether it was called here.
    func cameForPace(_ key: PaceTable.Key, _ id: QueueID) -> Bool {
        guard paced[key]?.isCalled(id) ?? false else { return false }
        paced[key]?.came(id)
        if paced[key]?.isIdle ?? false { paced[key] = nil }
        return true
    }

    /// A message that may have been called will not come.
    ///
    /// - Returns: where it was.
    func forgetCalled(_ id: QueueID) -> [PaceTable.Key] {
        let keys = Array(paced.filter { $0.value.isCalled(id) }.keys)
        for key in keys { _ = cameForPace(key, id) }
        return keys
    }

    /// Lets messages have their turn for which something else is due. They go behind what is ready: nothing of theirs has
    /// been promised a turn.
    func wakePaced(until now: Timestamp) {
        guard let next = nextPacedWake, next <= now else { return }
        for key in Array(paced.keys) {
            for entry in paced[key]?.takeWoken(until: now.milliseconds) ?? [] { makeReady(entry) }
            if paced[key]?.isIdle ?? false { paced[key] = nil }
        }
    }

    /// Other paces apply: all of them are looked at again, and what is ready does not wait for that.
    func releasePaced() {
        let entries = paced.values.flatMap { line in
            var line = line
            return line.take { _ in true }
        }
        paced = [:]
        for entry in entries.sorted() { makeReady(entry) }
    }

    /// Classes have other shares from now on.
    func replacePaceWeights(_ weights: ClassWeights) {
        for key in Array(paced.keys) { paced[key]?.replace(weights) }
    }

    private func makeReady(_ entry: PaceLine.Entry) {
        add(entry.id, rank: entry.rank, isAhead: entry.isAhead, deadline: Self.deadline(of: entry))
    }

    private static func deadline(of entry: PaceLine.Entry) -> Timestamp? {
        entry.deadline == .max ? nil : Timestamp(milliseconds: entry.deadline)
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

    /// Removes many messages at once, and counts on those no more that have been called.
    ///
    /// - Returns: those that waited here, with their ranks.
    func removePaced(_ ids: Set<QueueID>) -> [QueueID: MessageRank] {
        var removed: [QueueID: MessageRank] = [:]
        for key in Array(paced.keys) {
            for entry in paced[key]?.take(where: { ids.contains($0.id) }) ?? [] { removed[entry.id] = entry.rank }
            paced[key]?.forgetCalled(ids)
        }
        return removed
    }
}
