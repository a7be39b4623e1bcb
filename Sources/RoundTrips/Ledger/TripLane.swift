internal import Mail

/// One path: its probes under way, and what became of the last ones. Times are those of the steady clock.
struct TripLane: Sendable {
    struct Arrival: Hashable, Sendable {
        let tookAt: Timestamp
        let upstream: String?
    }

    /// Probes under way, at most.
    static let limit = 1024
    /// The same while nobody can look for them.
    static let blindLimit = 16
    private static let arrivalLimit = 32

    let path: TripPath
    var settings: TripSettings
    private(set) var probes: [ProbeUnderWay] = []
    var memory = ProbeMemory()

    /// The last probes, in the order in which the upstream took them.
    private(set) var lost = ProbeRow()
    private(set) var slow = ProbeRow()
    private(set) var failures = 0
    private(set) var lastTookAt: Timestamp?
    private(set) var lastLostAt: Timestamp?
    private(set) var lastArrivalAt: Timestamp?
    private var lastPunctualAt: Timestamp?
    private(set) var arrivals: [Arrival] = []
    /// From acceptance to arrival, of the last probe that arrived.
    private(set) var lastTotal: Duration?

    var verdict: TripVerdict?
    /// Whether it is known that the lost probes are the upstream's fault.
    var isUpstreams = false
    /// While the upstream is to blame: since when, and the probes sent since then that have arrived in a row.
    private var recovery: Recovery?

    private struct Recovery {
        let since: Timestamp
        /// When the first and the last of the row were taken.
        var row: ClosedRange<Timestamp>?
        var count = 0

        mutating func arrived(_ tookAt: Timestamp) {
            guard tookAt >= since else { return }
            row = row.map { min($0.lowerBound, tookAt)...max($0.upperBound, tookAt) } ?? tookAt...tookAt
            count += 1
        }

        /// What was lost before the row says nothing about it.
        mutating func lost(_ tookAt: Timestamp) {
            guard let row, tookAt > row.lowerBound else { return }
            (self.row, count) = (nil, 0)
        }
    }

    init(_ path: TripPath, _ settings: TripSettings) {
        self.path = path
        self.settings = settings
    }

    var isLosing: Bool { lost.count >= settings.missingThreshold }
    var isFailing: Bool { failures >= settings.missingThreshold }

    /// Whether it has had probes lately, so that its silence means something.
    func isActive(_ now: Timestamp) -> Bool { lastTookAt.map { now - $0 <= settings.every * 3 } ?? false }

    /// When the first probe without a verdict was taken.
    var firstUnsettled: Timestamp? { probes.compactMap(\.tookAt).min() }

    // MARK: - Under way

    func place(of number: UInt64) -> Int? { probes.firstIndex { $0.number == number } }

    mutating func begin(_ probe: ProbeUnderWay) { probes.append(probe) }

    mutating func handedOver(_ place: Int, _ now: Timestamp) { probes[place].handedOverAt = now }

    mutating func took(_ place: Int, _ upstream: String?, _ now: Timestamp) {
        probes[place].tookAt = now
        probes[place].upstream = upstream
        lastTookAt = now
        failures = 0
    }

    mutating func remove(_ place: Int) -> ProbeUnderWay { probes.remove(at: place) }

    // MARK: - Verdicts

    /// - Parameter place: of the copy.
    mutating func arrived(_ probe: ProbeUnderWay, isLate: Bool, total: Duration, at place: String, _ now: Timestamp) {
        let tookAt = probe.tookAt ?? now
        memory.add(probe.number, at: place)
        lastTotal = total
        failures = 0
        lastTookAt = max(lastTookAt ?? tookAt, tookAt)
        lastArrivalAt = max(lastArrivalAt ?? tookAt, tookAt)
        arrivals.append(Arrival(tookAt: tookAt, upstream: probe.upstream ?? path.upstream))
        if arrivals.count > Self.arrivalLimit { arrivals.removeFirst() }
        lost.end(at: tookAt)
        if !isLosing { isUpstreams = false }
        if isLate {
            addSlow(tookAt, probe)
        } else {
            lastPunctualAt = max(lastPunctualAt ?? tookAt, tookAt)
            slow.end(at: tookAt)
        }
        recovery?.arrived(tookAt)
    }

    /// It is nowhere. One that was overtaken by another that arrived counts in no row.
    ///
    /// - Parameter isCounted: as missing.
    mutating func lost(_ probe: ProbeUnderWay, tookAt: Timestamp, isCounted: Bool) {
        memory.add(probe.number, at: nil)
        lastLostAt = max(lastLostAt ?? tookAt, tookAt)
        addSlow(tookAt, probe)
        if lastArrivalAt.map({ $0 < tookAt }) ?? true {
            lost.add(ProbeRow.Mark(tookAt: tookAt, sentAt: probe.sentAt, isCounted: isCounted))
        }
        recovery?.lost(tookAt)
    }

    mutating func failed(_ probe: ProbeUnderWay) {
        memory.add(probe.number, at: nil)
        failures += 1
    }

    private mutating func addSlow(_ tookAt: Timestamp, _ probe: ProbeUnderWay) {
        guard lastPunctualAt.map({ $0 < tookAt }) ?? true else { return }
        slow.add(ProbeRow.Mark(tookAt: tookAt, sentAt: probe.sentAt))
    }

    /// Whether enough probes in a row have been late, are lost, or are overdue by what the last look has shown.
    func isSlow(_ mailbox: MailboxWatch) -> Bool {
        let overdue = probes.count { probe in
            guard let tookAt = probe.tookAt, tookAt > lastPunctualAt ?? .distantPast else { return false }
            return mailbox.hasLooked(since: tookAt + settings.lateAfter)
        }
        return slow.count + overdue >= settings.missingThreshold
    }

    mutating func excuse() -> [ProbeRow.Mark] { lost.excuse() }

    // MARK: - Blame

    mutating func beginRecovery(since: Timestamp) { recovery = Recovery(since: since) }

    mutating func endRecovery() {
        recovery = nil
        isUpstreams = false
    }

    /// What is lost so far does not count any more.
    mutating func startAnew() {
        (lost, isUpstreams) = (ProbeRow(), false)
    }

    /// Whether enough probes that were sent since then have arrived in a row, and none that they overtook is still missed.
    var hasRecovered: Bool {
        guard let recovery else { return true }
        guard recovery.count >= settings.missingThreshold, let row = recovery.row else { return false }
        return !probes.contains { $0.tookAt.map(row.contains) ?? false }
    }
}
