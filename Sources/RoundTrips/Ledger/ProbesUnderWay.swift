internal import Mail

/// The probes of one path without a verdict. Times are those of the steady clock.
struct ProbesUnderWay: Sendable {
    /// In the order of acceptance: no upstream has taken them.
    private(set) var waiting: [ProbeUnderWay] = []
    /// In the order in which upstreams took them.
    private(set) var taken: [ProbeUnderWay] = []

    var count: Int { waiting.count + taken.count }
    var all: [ProbeUnderWay] { waiting + taken }

    func isWaiting(_ number: UInt64) -> Bool { waiting.contains { $0.number == number } }

    mutating func add(_ probe: ProbeUnderWay) {
        guard let tookAt = probe.tookAt else { return waiting.append(probe) }
        taken.insert(probe, at: place(after: tookAt))
    }

    mutating func handedOver(_ number: UInt64, _ now: Timestamp) {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting[place].handedOverAt = now
    }

    /// - Returns: false if it was taken before, or is not under way.
    mutating func took(_ number: UInt64, _ upstream: String?, _ now: Timestamp) -> Bool {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return false }
        var probe = waiting.remove(at: place)
        (probe.tookAt, probe.upstream, probe.isCertain) = (now, upstream, true)
        add(probe)
        return true
    }

    mutating func remove(_ number: UInt64) -> ProbeUnderWay? {
        if let place = taken.lastIndex(where: { $0.number == number }) { return taken.remove(at: place) }
        return waiting.firstIndex { $0.number == number }.map { waiting.remove(at: $0) }
    }

    /// Those that were taken until then.
    mutating func removeTaken(until time: Timestamp) -> [ProbeUnderWay] {
        let end = place(after: time)
        defer { taken.removeFirst(end) }
        return Array(taken[..<end])
    }

    /// Those that were accepted until then, and that no upstream has taken.
    mutating func removeWaiting(until time: Timestamp) -> [ProbeUnderWay] {
        let removed = waiting.filter { $0.acceptedAt <= time }
        if !removed.isEmpty { waiting.removeAll { $0.acceptedAt <= time } }
        return removed
    }

    /// How many were taken after one time, and until another, of those that are certainly under way.
    func countTaken(after start: Timestamp, until end: Timestamp) -> Int {
        let first = place(after: start)
        return taken[first..<max(first, place(after: end))].count(where: \.isCertain)
    }

    /// When the first one that was taken later than that was taken.
    func firstTaken(after time: Timestamp) -> Timestamp? {
        let place = place(after: time)
        return place < taken.count ? taken[place].tookAt : nil
    }

    /// Of the first that was taken later.
    private func place(after time: Timestamp) -> Int {
        var (low, high) = (0, taken.count)
        while low < high {
            let middle = (low + high) / 2
            if taken[middle].tookAt ?? .distantPast <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
