internal import Mail
internal import Upstreams

/// Operators' orders, and what they see.
extension StreamGate {
    /// Hands over nothing of a stream, known or not, from now on.
    ///
    /// - Returns: false if too many streams are paused.
    func pause(_ name: String, reason: String?) -> Bool {
        let pause = StreamPause(by: .operator, reason: reason, since: clock.wall)
        guard table.pause(name, pause) else { return false }
        happened(.paused(pause), to: name)
        return true
    }

    func resume(_ name: String, reason: String?) {
        guard table.resume(name) else { return }
        happened(.resumed(reason: reason), to: name)
    }

    /// An upstream is new no more.
    func noteUpstreams() {
        isChanged = true
        saveIfChanged()
    }

    /// When counts are to be kept that have been in memory long enough; nil while there are none.
    var saveAt: MonotonicInstant? { isChanged ? savedAt + Self.saveInterval : nil }

    /// Keeps counts although nothing happens that would.
    func saveIfDue() {
        if let saveAt, saveAt <= clock.instant { saveIfChanged() }
    }

    /// Keeps what is known of streams and upstreams for the next start.
    func saveIfChanged() {
        guard isChanged else { return }
        isChanged = false
        savedAt = clock.instant
        var memory = table.memory(at: clock.instant, wall: clock.wall)
        // After a restart nothing is under way, and all that waits asks again.
        for (name, count) in admitted.counts { memory.streams[name]?.canary?.withdraw(count) }
        memory.upstreams = upstreams.known
        save(memory)
    }

    // MARK: - For operators

    /// By name, with the rows of those that are not kept apart at the end: ``StreamName/other`` and its parts.
    var statuses: [StreamStatus] {
        let names = table.records.keys.filter { !StreamName.isReserved($0) }.sorted()
        return (names + rows).compactMap { status(of: $0) }
    }

    private var rows: [String] {
        var rows = Set(table.records.filter { $0.value.isShared && !$0.value.isUnused }.keys)
        if table.others != StreamCounts() { rows.insert(StreamName.other) }
        return rows.sorted()
    }

    /// What keeps mail of streams from upstreams, by name.
    var holds: [String: StreamHold] {
        guard table.restrains else { return [:] }
        var holds: [String: StreamHold] = [:]
        for name in table.paused { holds[name] = StreamHold(.pause) }
        for name in queue.resting.streams where holds[name] == nil { holds[name] = hold(of: name) }
        return holds
    }

    private func hold(of name: String) -> StreamHold? {
        let waiting = queue.resting.count(of: name)
        guard let restraint = table.restraint(of: name, waiting: waiting, at: clock.instant) else { return nil }
        let (cause, until) = restraint.told { clock.wall(of: $0) }
        return StreamHold(cause, until: until, admitted: admitted.ids(of: name), isNew: table.isNew(name))
    }

    /// With the reasons.
    var pausedByRelay: [String: String] { table.pausedByRelay }

    func status(of name: String) -> StreamStatus? {
        guard let record = table.records[name] else {
            guard name == StreamName.other, table.others != StreamCounts() else { return nil }
            return StreamStatus(name: name, since: .distantPast, counts: table.others)
        }
        var counts = record.memory.counts
        if name == StreamName.other { counts += table.others }
        return StreamStatus(
            name: name, since: record.isShared ? .distantPast : record.memory.since, counts: counts,
            recent: record.recent(at: clock.instant), perMinute: record.perMinute(at: clock.instant),
            pause: record.memory.pause, canaryPercent: record.canaryPercent, resting: queue.resting.count(of: name))
    }
}
