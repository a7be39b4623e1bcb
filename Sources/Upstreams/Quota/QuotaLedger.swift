package import Mail

/// The quotas of one upstream: how many recipients it may still be given, as a value without IO.
///
/// A recipient is *reserved* when its transaction begins, and counts from then on. Its final dot may leave once the
/// reservation is durable (``isDurable(_:)``). When the transaction has ended it is *settled*: those that the upstream took,
/// or may have taken, are used; the others are free again.
///
/// Nobody waits for a sync per message: the record on disk has room for a block of further recipients, at most a
/// two-hundredth of the smallest quota. After a crash the whole block, and what was under way, counts as used in the period
/// of then. So a quota is never exceeded, and a crash costs no more than a block of it.
///
/// Invariant: what was given since the last durable record was made, and what was under way then, is at most its pool.
package struct QuotaLedger: Sendable {
    /// How many blocks a quota has.
    private static let blocks = 200
    /// Time until a record that could not be written is tried again.
    private static let pause = Duration.seconds(1)

    private var tallies: [QuotaTally]
    private var warn: Double
    /// Reserved, and not settled.
    package private(set) var underWay = 0
    /// Ever, by this ledger.
    private var reserved = 0
    /// What ``reserved`` may reach by what is on disk.
    private var ceiling = 0
    /// The same by the record that is being written.
    private var coming: Int?
    /// Whether something other than a reservation is to be recorded.
    private var isChanged = false
    /// By the steady clock.
    private var pausedUntil: Timestamp?

    /// - Parameter record: from earlier; what it had room for counts as used.
    package init(_ quotas: [Quota], zone: TimeZoneRules, warn: Double, _ record: QuotaRecord?, now: QuotaMoment) {
        self.warn = warn
        tallies = quotas.map { quota in
            let known = record?.tallies.first { Quota($0.quota)?.period == quota.period }
            var tally = QuotaTally(quota, zone: zone, known, now: now)
            tally.add(record?.pool ?? 0, at: now)
            return tally
        }
    }

    // MARK: - Giving

    /// Recipients that may be reserved now.
    package mutating func room(_ now: QuotaMoment) -> Int {
        guard !tallies.isEmpty else { return .max }
        if let paused = pausedUntil {
            guard paused <= now.steady else { return max(0, min(least(now), ceiling - reserved)) }
            pausedUntil = nil
        }
        return least(now)
    }

    private mutating func least(_ now: QuotaMoment) -> Int {
        var least = Int.max
        for place in tallies.indices {
            tallies[place].advance(to: now)
            least = min(least, tallies[place].left(beside: underWay))
        }
        return least
    }

    /// Reserves recipients, of whom there must be room.
    ///
    /// - Returns: a ticket for ``isDurable(_:)``.
    package mutating func reserve(_ recipients: Int) -> Int {
        underWay += recipients
        reserved += recipients
        return reserved
    }

    /// Whether the final dot of a transaction may leave.
    package func isDurable(_ ticket: Int) -> Bool { tallies.isEmpty || ticket <= ceiling }

    /// A transaction has ended.
    ///
    /// - Parameters:
    ///   - recipients: that were reserved for it.
    ///   - used: those that the upstream took, or may have taken.
    package mutating func settle(_ recipients: Int, used: Int, _ now: QuotaMoment) {
        // Those that an operator's correction or a reload has made less of.
        underWay = max(0, underWay - recipients)
        for place in tallies.indices { tallies[place].add(used, at: now) }
    }

    // MARK: - Recording

    /// How many recipients a record reserves in advance, on top of those under way.
    private var block: Int { max(1, (tallies.map(\.quota.limit).min() ?? 1) / Self.blocks) }

    /// Whether a new record is to be written now.
    package mutating func needsRecord(_ now: QuotaMoment) -> Bool {
        guard coming == nil, pausedUntil.map({ $0 <= now.steady }) ?? true else { return false }
        guard !tallies.isEmpty else { return isChanged }
        if isChanged || reserved > ceiling { return true }
        guard reserved > 0, reserved + block / 2 > ceiling else { return false }
        return reserved + min(block, room(now)) > ceiling
    }

    /// What to write; followed by ``recorded(_:)``.
    ///
    /// - Parameter isLast: whether nothing is reserved from here on.
    package mutating func record(_ now: QuotaMoment, isLast: Bool = false) -> QuotaRecord {
        pausedUntil = nil
        let ahead = isLast ? 0 : min(block, room(now))
        coming = reserved + ahead
        isChanged = false
        return QuotaRecord(pool: underWay + ahead, tallies: tallies.map(\.record))
    }

    /// The last record is on disk, or is not.
    package mutating func recorded(_ isDurable: Bool, _ now: QuotaMoment) {
        guard let coming else { return }
        self.coming = nil
        if isDurable {
            ceiling = max(ceiling, coming)
        } else {
            isChanged = true
            pausedUntil = now.steady + Self.pause
        }
    }

    // MARK: - Changing

    /// relay.conf has other quotas. One of the same period keeps what it has counted; a new one begins with nothing.
    package mutating func replace(_ quotas: [Quota], zone: TimeZoneRules, warn: Double, _ now: QuotaMoment) {
        self.warn = warn
        tallies = quotas.map { quota in
            guard var tally = tallies.first(where: { $0.quota.period == quota.period }) else {
                return QuotaTally(quota, zone: zone, nil, now: now)
            }
            tally.replace(quota, zone: zone, at: now)
            return tally
        }
        isChanged = true
    }

    /// Somebody has set the system's clock.
    package mutating func stepped(by step: Duration, _ now: QuotaMoment) {
        for place in tallies.indices { tallies[place].stepped(by: step, to: now) }
    }

    /// An operator says how many are used; what is under way counts besides.
    ///
    /// - Parameter period: of the quota.
    /// - Returns: whether there is such a quota.
    package mutating func correct(_ period: Quota.Period, used: Int, _ now: QuotaMoment) -> Bool {
        guard let place = tallies.firstIndex(where: { $0.quota.period == period }) else { return false }
        tallies[place].correct(to: used, at: now)
        isChanged = true
        // Somebody waits for the record of this.
        pausedUntil = nil
        return true
    }

    /// The upstream says that a quota is used up.
    ///
    /// - Returns: whether that was not known: each of many messages under way may hear it.
    package mutating func exhaust(_ period: Quota.Period, _ now: QuotaMoment) -> Bool {
        guard let place = tallies.firstIndex(where: { $0.quota.period == period }), tallies[place].exhaust(at: now)
        else { return false }
        isChanged = true
        return true
    }

    // MARK: - Telling

    package var quotas: [Quota] { tallies.map(\.quota) }

    package mutating func reports(_ now: QuotaMoment) -> [QuotaReport] {
        tallies.indices.map { place in
            tallies[place].advance(to: now)
            return report(tallies[place], now)
        }
    }

    private func report(_ tally: QuotaTally, _ now: QuotaMoment) -> QuotaReport {
        QuotaReport(
            quota: tally.quota, used: tally.used + underWay, left: tally.left(beside: underWay),
            resetsAt: tally.resetsAt(now), freeAt: tally.freeAt(beside: underWay, now))
    }

    /// When recipients may be reserved again, by the system's clock; nil if they may be now.
    package mutating func freeAt(_ now: QuotaMoment) -> Timestamp? {
        guard room(now) == 0 else { return nil }
        let free = tallies.compactMap { $0.freeAt(beside: underWay, now) }
        return (free + [pausedUntil.map { now.wall(of: $0) }].compactMap { $0 }).max()
    }

    /// What is to be told of the quotas, once per period.
    package mutating func news(_ now: QuotaMoment) -> [QuotaNews] {
        var news: [QuotaNews] = []
        for place in tallies.indices {
            tallies[place].advance(to: now)
            let tally = tallies[place]
            let isNear = Double(tally.used + underWay) >= warn * Double(tally.quota.limit)
            let isSpent = tally.left(beside: underWay) == 0
            tallies[place].forgetTold(unless: isNear || isSpent, at: now)
            if isSpent {
                if tallies[place].tell(.spent, at: now) { news.append(.spent(report(tally, now))) }
            } else if isNear, tallies[place].tell(.near, at: now) {
                news.append(.near(report(tally, now)))
            }
        }
        return news
    }
}
