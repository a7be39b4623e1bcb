package import Mail

/// The past of all paths in roll-ups by minute, hour and day, small enough to be kept for years.
///
/// Each probe counts in the minute, hour and day in which it was sent, so a verdict that comes late, or a copy that
/// comes after the verdict, corrects the past. A minute with one probe takes some 45 octets, one with sixty some 200,
/// and a day with 86,400 some 460: ten years of a path are 3 MB at most. See ``TripJournal`` for how it is kept.
package struct TripHistory: Hashable, Sendable {
    /// Roll-ups of one level: numbers that grow, and the roll-ups as they are on disk.
    struct Series: Hashable, Sendable {
        var numbers: [Int64] = []
        var rollups: [[UInt8]] = []
    }

    /// Paths that may be kept, and incidents: more than any relay has.
    package static let pathLimit = 4096
    package static let incidentLimit = 10_000

    var series: [TripPath: [TripLevel: Series]] = [:]
    /// In the order of their beginning.
    package internal(set) var incidents: [TripIncident] = []

    package init() {}

    // MARK: - What happens

    /// - Parameter now: by the system's clock; what is older than its level keeps is not counted.
    package mutating func record(_ fact: TripFact, now: Timestamp) {
        guard series[fact.path] != nil || series.count < Self.pathLimit else { return }
        for level in TripLevel.allCases where fact.sentAt > now - level.kept {
            var levels = series.removeValue(forKey: fact.path) ?? [:]
            levels[level, default: Series()].change(level.number(of: fact.sentAt)) { $0.add(fact.kind) }
            series[fact.path] = levels
        }
    }

    package mutating func record(_ change: TripChange) {
        if let open = incidents.lastIndex(where: { $0.path == change.path && $0.ended == nil }) {
            incidents[open].end(at: change.at)
        }
        guard change.to != .ok else { return }
        incidents.append(
            TripIncident(
                path: change.path, verdict: change.to, cause: String(change.cause.prefix(500)), began: change.at))
        if incidents.count > Self.incidentLimit { incidents.removeFirst() }
    }

    /// Paths with an incident that lasts. One that relay.conf does not name any more gets a change to `ok`.
    package var troubled: [TripPath] { incidents.filter { $0.ended == nil }.map(\.path) }

    /// Removes what is too old.
    ///
    /// - Parameter now: by a clock that is believed: one that is set far ahead removes everything.
    package mutating func expire(now: Timestamp) {
        for (path, levels) in series {
            let rest = Dictionary(
                uniqueKeysWithValues: levels.map { ($0.key, $0.value.since($0.key.number(of: now - $0.key.kept))) })
            series[path] = rest.values.allSatisfy(\.numbers.isEmpty) ? nil : rest
        }
        let oldest = now - TripLevel.day.kept
        incidents.removeAll { $0.ended.map { $0 < oldest } ?? false }
    }

    // MARK: - What has happened

    package var paths: [TripPath] { series.keys.sorted() }

    /// The finest level that reaches back to a moment.
    package static func level(reaching moment: Timestamp, now: Timestamp) -> TripLevel {
        TripLevel.allCases.first { moment >= now - $0.kept } ?? .day
    }

    /// The roll-ups of a path, oldest first, whose time begins in a period, rounded outwards to whole roll-ups; those
    /// without a probe are missing.
    package func rollups(
        _ path: TripPath, _ level: TripLevel, from: Timestamp, until: Timestamp
    ) -> [(start: Timestamp, rollup: TripRollup)] {
        guard let series = series[path]?[level], from < until else { return [] }
        let numbers = level.number(of: from)...level.number(of: until.advanced(byMilliseconds: -1))
        return series.rollups(in: numbers).map { (level.start(of: $0), $1) }
    }

    /// All probes of a path that were sent in a period, rounded outwards to whole roll-ups of the finest level that
    /// reaches back so far.
    package func total(_ path: TripPath, from: Timestamp, until: Timestamp, now: Timestamp) -> TripRollup {
        let level = Self.level(reaching: from, now: now)
        let hour = TripLevel.hour
        let first = hour.start(of: hour.number(of: from.advanced(byMilliseconds: hour.length - 1)))
        let last = hour.start(of: hour.number(of: until))
        guard level == .minute, first < last else { return sum(path, level, from, until) }
        // Whole hours at once: a day has 1440 minutes.
        var total = sum(path, .minute, from, first)
        total.merge(sum(path, .hour, first, last))
        total.merge(sum(path, .minute, last, until))
        return total
    }

    private func sum(_ path: TripPath, _ level: TripLevel, _ from: Timestamp, _ until: Timestamp) -> TripRollup {
        rollups(path, level, from: from, until: until).reduce(into: TripRollup()) { $0.merge($1.rollup) }
    }
}

extension TripHistory.Series {
    /// Where a number is, or belongs.
    private func place(of number: Int64) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func change(_ number: Int64, _ change: (inout TripRollup) -> Void) {
        let place = place(of: number)
        let isKnown = place < numbers.count && numbers[place] == number
        var rollup = isKnown ? Self.rollup(rollups[place]) : TripRollup()
        change(&rollup)
        if isKnown {
            rollups[place] = rollup.octets
        } else {
            numbers.insert(number, at: place)
            rollups.insert(rollup.octets, at: place)
        }
    }

    func since(_ number: Int64) -> Self {
        let place = place(of: number)
        return Self(numbers: Array(numbers[place...]), rollups: Array(rollups[place...]))
    }

    func rollups(in range: ClosedRange<Int64>) -> [(Int64, TripRollup)] {
        var place = place(of: range.lowerBound)
        var found: [(Int64, TripRollup)] = []
        while place < numbers.count, range.contains(numbers[place]) {
            found.append((numbers[place], Self.rollup(rollups[place])))
            place += 1
        }
        return found
    }

    private static func rollup(_ octets: [UInt8]) -> TripRollup {
        guard let rollup = try? TripRollup(octets[...]) else {
            preconditionFailure("what comes from disk was read once, the rest was written here")
        }
        return rollup
    }
}
