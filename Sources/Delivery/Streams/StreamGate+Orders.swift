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

    /// Keeps what is known of streams and upstreams for the next start.
    func saveIfChanged() {
        guard isChanged else { return }
        isChanged = false
        savedAt = clock.instant
        var memory = table.memory
        // After a restart nothing is under way, and all that waits asks again.
        for (name, count) in admitted.counts { memory.streams[name]?.canary?.withdraw(count) }
        memory.upstreams = upstreams.known
        save(memory)
    }

    // MARK: - For operators

    /// By name, with ``StreamName/other`` at the end if there is such a row.
    var statuses: [StreamStatus] {
        let known = table.records.keys.sorted().compactMap { status(of: $0) }
        guard table.others != StreamCounts() else { return known }
        return known + [StreamStatus(name: StreamName.other, since: .distantPast, counts: table.others)]
    }

    /// Their names.
    var paused: Set<String> { table.paused }

    /// With the reasons.
    var pausedByRelay: [String: String] { table.pausedByRelay }

    func status(of name: String) -> StreamStatus? {
        guard let record = table.records[name] else { return nil }
        return StreamStatus(
            name: name, since: record.memory.since, counts: record.memory.counts,
            recent: record.recent(at: clock.instant), perMinute: record.perMinute(at: clock.instant),
            pause: record.memory.pause, canaryPercent: record.canaryPercent, resting: queue.resting.count(of: name))
    }
}
