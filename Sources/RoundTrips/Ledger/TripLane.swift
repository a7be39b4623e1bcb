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
    /// They have to reach back as far as a probe that is lost only now: ``limit`` may be sent in that time.
    private static let arrivalLimit = limit
    /// An unreachable mailbox is waited for this long beyond `missing_after`.
    private static let patience = Duration.seconds(7 * 86_400)

    let path: TripPath
    var settings: TripSettings
    var probes = ProbesUnderWay()
    var memory = ProbeMemory()

    /// The last probes, in the order in which the upstream took them.
    private(set) var lost = ProbeRow()
    private(set) var slow = ProbeRow()
    private(set) var failures = 0
    /// What the upstream said last to a probe that it refused.
    private(set) var lastRefusal: String?
    private(set) var lastTookAt: Timestamp?
    private(set) var lastLostAt: Timestamp?
    private(set) var lastArrivalAt: Timestamp?
    private var lastPunctualAt: Timestamp?
    private(set) var arrivals: [Arrival] = []
    /// From acceptance to arrival, of the last probe that arrived.
    private(set) var lastTotal: Duration?

    private(set) var verdict: TripVerdict?
    /// Of the verdict.
    private(set) var cause: String?
    /// Of the verdict, by the system's clock.
    private(set) var verdictAt: Timestamp?
    /// Lost probes that were taken before count in no row: an operator has decided otherwise.
    private var countsFrom = Timestamp.distantPast
    /// Whether it is known that the lost probes are the upstream's fault.
    var isUpstreams = false
    /// Whether that is known from another upstream's mail in the same mailbox (``TripWitness``).
    var isWitnessed = false
    /// While the upstream is to blame: since when, and the probes sent since then that have arrived in a row.
    private var recovery: Recovery?

    private struct Recovery {
        let since: Timestamp
        /// When they were taken, in order; the last ones of a long row.
        private(set) var row: [Timestamp] = []

        init(since: Timestamp) { self.since = since }

        mutating func arrived(_ tookAt: Timestamp) {
            guard tookAt >= since else { return }
            row.insert(tookAt, at: row.firstIndex { $0 > tookAt } ?? row.endIndex)
            if row.count > limit { row.removeFirst() }
        }

        /// The row begins behind it.
        mutating func lost(_ tookAt: Timestamp) { row.removeAll { $0 <= tookAt } }
    }

    init(_ path: TripPath, _ settings: TripSettings) {
        self.path = path
        self.settings = settings
    }

    var isLosing: Bool { lost.count >= settings.missingThreshold }
    var isFailing: Bool { failures >= settings.missingThreshold }

    /// Whether it has had probes lately, so that its silence means something: what an upstream has taken within
    /// `missing_after` is judged before long.
    func isActive(_ now: Timestamp) -> Bool {
        lastTookAt.map { now - $0 <= max(settings.every * 3, settings.missingAfter) } ?? false
    }

    /// When the first probe without a verdict was taken.
    var firstUnsettled: Timestamp? { probes.taken.first?.tookAt }

    // MARK: - Verdicts

    /// - Parameter moment: by the system's clock.
    mutating func judged(_ verdict: TripVerdict, cause: String, at moment: Timestamp) {
        (self.verdict, self.cause, verdictAt) = (verdict, cause, moment)
    }

    /// - Parameter upstream: which one took it.
    mutating func took(_ number: UInt64, _ upstream: String?, _ now: Timestamp) {
        guard probes.took(number, upstream, now) else { return }
        lastTookAt = now
        (failures, lastRefusal) = (0, nil)
    }

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
        if !isLosing { (isUpstreams, isWitnessed) = (false, false) }
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
        if tookAt >= countsFrom, lastArrivalAt.map({ $0 < tookAt }) ?? true {
            lost.add(ProbeRow.Mark(tookAt: tookAt, sentAt: probe.sentAt, isCounted: isCounted))
        }
        recovery?.lost(tookAt)
    }

    mutating func failed(_ probe: ProbeUnderWay, _ reply: String?) {
        if let reply { lastRefusal = String(reply.prefix(300)) }
        memory.add(probe.number, at: nil)
        failures += 1
    }

    private mutating func addSlow(_ tookAt: Timestamp, _ probe: ProbeUnderWay) {
        guard lastPunctualAt.map({ $0 < tookAt }) ?? true else { return }
        slow.add(ProbeRow.Mark(tookAt: tookAt, sentAt: probe.sentAt))
    }

    /// Whether enough probes in a row have been late, are lost, or are overdue by what the last look has shown.
    func isSlow(_ mailbox: MailboxWatch) -> Bool {
        let looked = mailbox.lookedAt ?? .distantPast
        let overdue = probes.countTaken(after: lastPunctualAt ?? .distantPast, until: looked - settings.lateAfter)
        return slow.count + overdue >= settings.missingThreshold
    }

    mutating func excuse() -> [ProbeRow.Mark] { lost.excuse() }

    // MARK: - Time

    /// When something is due.
    func due(_ mailbox: MailboxWatch) -> Timestamp? {
        let failure = probes.waiting.first.map { $0.acceptedAt + settings.missingAfter }
        let end = firstUnsettled.map { $0 + settings.missingAfter + Self.patience }
        return [failure, end, lookDue(mailbox)].compactMap { $0 }.min()
    }

    /// When a look is to be asked for: when a probe becomes late, and when one becomes lost.
    func lookDue(_ mailbox: MailboxWatch) -> Timestamp? {
        let late = probes.firstTaken(after: mailbox.lookedAt.map { $0 - settings.lateAfter } ?? .distantPast)
        let lost = firstUnsettled.map { $0 + settings.missingAfter }
        return [late.map { $0 + settings.lateAfter }, lost].compactMap { $0 }.min().flatMap(mailbox.lookDue(from:))
    }

    /// Those that nobody has waited for longer.
    mutating func removeForgotten(_ now: Timestamp) -> [ProbeUnderWay] {
        probes.removeTaken(until: now - settings.missingAfter - Self.patience)
    }

    /// Those that no upstream has taken in time.
    mutating func removeFailed(_ now: Timestamp) -> [ProbeUnderWay] {
        probes.removeWaiting(until: now - settings.missingAfter)
    }

    /// Those that the last look has proved to be lost.
    mutating func removeLost(_ mailbox: MailboxWatch) -> [ProbeUnderWay] {
        mailbox.lookedAt.map { probes.removeTaken(until: $0 - settings.missingAfter) } ?? []
    }

    // MARK: - Blame

    mutating func beginRecovery(since: Timestamp) { recovery = Recovery(since: since) }

    mutating func endRecovery() {
        recovery = nil
        (isUpstreams, isWitnessed) = (false, false)
    }

    /// What the upstream has taken so far does not count any more if it is lost.
    mutating func startAnew(_ now: Timestamp) {
        (lost, countsFrom) = (ProbeRow(), now)
        (isUpstreams, isWitnessed) = (false, false)
    }

    /// Whether the upstream is to blame for what is lost here.
    var isRecovering: Bool { recovery != nil }

    /// Whether enough probes that were sent since then have arrived in a row, with none between them that is still missed.
    /// Where mail takes longer than `every`, there always is one somewhere.
    var hasRecovered: Bool {
        guard let recovery else { return true }
        var missed = probes.taken[...]
        var count = 0
        for tookAt in recovery.row {
            while let next = missed.first, next.tookAt.map({ $0 < tookAt }) ?? true {
                missed.removeFirst()
                count = 0
            }
            count += 1
            if count >= settings.missingThreshold { return true }
        }
        return false
    }
}
