internal import Mail

/// What one quota has counted.
///
/// A calendar quota has an entry for each of the last periods, a rolling one an entry for each part of its window: a part
/// counts until the last moment of it is a whole window old, so it never counts for too short a time. Memory is bounded by
/// ``parts``.
struct QuotaTally: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        /// Of the period or of the part; grows with time.
        let number: Int64
        var used: Int
    }

    /// What has been told about the present period.
    enum Told: Int, Hashable, Comparable, Sendable {
        case nothing, near, spent

        static func < (left: Told, right: Told) -> Bool { left.rawValue < right.rawValue }
    }

    /// Parts of a rolling window.
    static let parts: Int64 = 96
    /// Calendar periods that are remembered, for a clock that is set back.
    private static let remembered = 4
    /// A clock that is set forward by more may have been wrong in everything it said before.
    private static let wrongStep = Duration.seconds(3600)

    let quota: Quota
    private var calendar: QuotaCalendar
    /// In order of their beginning.
    private(set) var entries: [Entry] = []
    /// In the present period, or window.
    private(set) var used = 0
    private(set) var told = Told.nothing
    /// When it was told, by the steady clock.
    private(set) var toldAt: Timestamp?
    /// By the steady clock: the upstream has said that a rolling quota is used up, and nobody knows until when.
    private(set) var heldUntil: Timestamp?
    private var number: Int64 = .min
    /// While the system's clock is in between, the calendar period is the same.
    private var validFrom = Timestamp(milliseconds: .max)
    private var validUntil = Timestamp.distantPast

    init(_ quota: Quota, zone: TimeZoneRules, _ record: QuotaRecord.Tally?, now: QuotaMoment) {
        self.quota = quota
        calendar = QuotaCalendar(zone: zone)
        if let record { take(record, now) }
        advance(to: now)
    }

    /// What a steady clock that was ahead of this one has written counts from now: it would count for too long.
    private mutating func take(_ record: QuotaRecord.Tally, _ now: QuotaMoment) {
        entries = record.entries.map { Entry(number: $0.number, used: $0.used) }
        told = Told(rawValue: record.told) ?? .nothing
        toldAt = record.toldAt.map { min(Timestamp(milliseconds: $0), now.steady) }
        guard case .rolling(let window) = quota.period else { return }
        let present = Self.number(at: now.steady, window)
        entries = entries.map { Entry(number: min($0.number, present), used: $0.used) }
        heldUntil = record.heldUntil.map { min(Timestamp(milliseconds: $0), now.steady + window) }
        used = entries.reduce(0) { $0 + $1.used }
    }

    /// Every message asks, so this is cheap while nothing changes.
    mutating func advance(to now: QuotaMoment) {
        switch quota.period {
        case .day, .month: turnPage(now.wall)
        case .rolling(let window): dropOld(window, now.steady)
        }
        if let held = heldUntil, held <= now.steady { heldUntil = nil }
    }

    mutating func add(_ recipients: Int, at now: QuotaMoment) {
        advance(to: now)
        guard recipients > 0 else { return }
        if case .rolling(let window) = quota.period {
            number = max(entries.last?.number ?? .min, Self.number(at: now.steady, window))
        }
        if let place = entries.lastIndex(where: { $0.number == number }) {
            entries[place].used += recipients
        } else {
            entries.append(Entry(number: number, used: recipients))
            forgetOld()
        }
        used += recipients
    }

    /// Recipients that are left.
    ///
    /// - Parameter underWay: those that may yet count.
    func left(beside underWay: Int) -> Int { heldUntil == nil ? max(0, quota.limit - used - underWay) : 0 }

    /// When it is left with something again.
    func freeAt(beside underWay: Int, _ now: QuotaMoment) -> Timestamp? {
        guard left(beside: underWay) == 0 else { return nil }
        switch quota.period {
        case .day, .month: return validUntil
        case .rolling(let window): return now.wall(of: max(heldUntil ?? .distantPast, freed(window, underWay, now)))
        }
    }

    /// When the present period ends, or the first part of a window; nil where nothing counts.
    func resetsAt(_ now: QuotaMoment) -> Timestamp? {
        switch quota.period {
        case .day, .month: return validUntil
        case .rolling(let window): return entries.first.map { now.wall(of: Self.end(of: $0, window)) }
        }
    }

    // MARK: - Corrections

    /// An operator knows better.
    mutating func correct(to number: Int, at now: QuotaMoment) {
        advance(to: now)
        heldUntil = nil
        if number > used { add(number - used, at: now) } else { lower(by: used - number) }
        told = .nothing
    }

    /// The upstream says that nothing is left.
    ///
    /// - Returns: whether that was not known.
    mutating func exhaust(at now: QuotaMoment) -> Bool {
        advance(to: now)
        guard left(beside: 0) > 0 else { return false }
        switch quota.period {
        case .day, .month: add(quota.limit - used, at: now)
        case .rolling(let window): heldUntil = now.steady + window / 24
        }
        return true
    }

    /// The system's clock was set: recipients counted in what the clock took for the period move to the true one, unless
    /// the clock was only slightly slow.
    mutating func stepped(by step: Duration, to now: QuotaMoment) {
        let before = (number, used)
        advance(to: now)
        guard step > Self.wrongStep, number > before.0 else { return }
        add(max(0, before.1 - used), at: now)
    }

    /// The same quota with another limit, or in another time zone.
    mutating func replace(_ quota: Quota, zone: TimeZoneRules, at now: QuotaMoment) {
        advance(to: now)
        let (count, isRenumbered) = (used, zone != calendar.zone)
        var next = QuotaTally(quota, zone: zone, record, now: now)
        if isRenumbered, quota.period == .day || quota.period == .month {
            next = QuotaTally(quota, zone: zone, nil, now: now)
            next.add(count, at: now)
        }
        // A larger limit may be used up once more.
        if quota.limit > self.quota.limit { next.told = .nothing }
        self = next
    }

    /// - Returns: whether that was not told of the present period.
    mutating func tell(_ what: Told, at now: QuotaMoment) -> Bool {
        guard what > told else { return false }
        (told, toldAt) = (what, now.steady)
        return true
    }

    /// A rolling quota has no periods: after a window it may be told again.
    mutating func forgetTold(unless isNear: Bool, at now: QuotaMoment) {
        guard told != .nothing, !isNear, case .rolling(let window) = quota.period else { return }
        if let toldAt, now.steady - toldAt < window { return }
        told = .nothing
    }

    // MARK: - Calendar

    private mutating func turnPage(_ wall: Timestamp) {
        guard wall < validFrom || wall >= validUntil else { return }
        let find = quota.period == .day ? calendar.day : calendar.month
        let (before, present) = (number, find(wall))
        number = present
        (validFrom, validUntil) = (wall, calendar.end(after: wall, find))
        if present > before, before != .min || !entries.contains(where: { $0.number == present }) { told = .nothing }
        // A clock that was set back has counted these for later periods.
        used = entries.lazy.filter { $0.number >= present }.reduce(0) { $0 + $1.used }
    }

    private mutating func forgetOld() {
        switch quota.period {
        case .day, .month: if entries.count > Self.remembered { entries.removeFirst() }
        // Their age decides.
        case .rolling: break
        }
    }

    private mutating func lower(by surplus: Int) {
        var surplus = surplus
        for place in entries.indices where surplus > 0 && isCounted(entries[place]) {
            let part = min(surplus, entries[place].used)
            entries[place].used -= part
            surplus -= part
            used -= part
        }
        entries.removeAll { $0.used == 0 }
    }

    private func isCounted(_ entry: Entry) -> Bool {
        switch quota.period {
        case .day, .month: entry.number >= number
        case .rolling: true
        }
    }

    // MARK: - Windows

    private static func width(_ window: Duration) -> Int64 { max(1, window.wholeMilliseconds / parts) }

    private static func number(at steady: Timestamp, _ window: Duration) -> Int64 {
        CivilDate.floor(steady.milliseconds, width(window))
    }

    private static func end(of entry: Entry, _ window: Duration) -> Timestamp {
        Timestamp(milliseconds: (entry.number + 1) * width(window)) + window
    }

    private mutating func dropOld(_ window: Duration, _ steady: Timestamp) {
        while let first = entries.first, Self.end(of: first, window) <= steady {
            used -= first.used
            entries.removeFirst()
        }
    }

    /// - Returns: where what is under way is as much as the quota, a window from now; its end frees it before.
    private func freed(_ window: Duration, _ underWay: Int, _ now: QuotaMoment) -> Timestamp {
        var rest = used + underWay
        // The upstream says that it is used up, and the count does not.
        guard rest >= quota.limit else { return now.steady }
        for entry in entries {
            rest -= entry.used
            if rest < quota.limit { return Self.end(of: entry, window) }
        }
        return now.steady + window
    }
}
