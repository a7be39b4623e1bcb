package import Mail

/// When the next probe goes, and on which path.
///
/// Each path has a grid of its own, nine tenths of `every` apart, and a probe goes within a twentieth of `every` of its
/// place on the grid: two of them are 0.8 to 1.0 × `every` apart, so each `every` has one. The grids of a round trip
/// are spread evenly, those of the next begin in a gap. They depend on nothing but the steady clock and the paths, so
/// they are the same after a restart.
///
/// What is missed, in a sleep or because too many probes are under way, is not made up for: there is no burst. A new
/// path has a first probe ahead of its grid, five seconds after the one before.
///
/// All times are those of the steady clock.
package struct TripSchedule: Sendable {
    package static let leastInterval = Duration.seconds(1)
    /// Between the first probes of new paths, unless their grids are closer.
    private static let firstGap = Duration.seconds(5)

    /// How many probes may be under way.
    package struct Limits: Hashable, Sendable {
        package var perPath = 1024
        package var total = 16_384

        package init() {}
    }

    private struct Lane {
        let path: TripPath
        let every: Duration
        /// Place on the grid of the next probe.
        var nominal: Timestamp
        /// When it is due.
        var due: Timestamp
        var underWay = 0
        var isRequested = false

        var period: Duration { every * 0.9 }

        /// The first place on the grid at or after a time.
        func place(from time: Timestamp) -> Timestamp {
            nominal + period * ((time - nominal) / period).rounded(.up)
        }

        /// Whether the probe has had its time, and the next one is waited for.
        func isMissed(_ now: Timestamp) -> Bool { due + max(every / 20, .milliseconds(250)) < now }
    }

    private let limits: Limits
    private var lanes: [Lane] = []
    private var underWay = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    // MARK: - Settings

    /// Other paths, or other intervals, apply. A path that stays as it was keeps its grid.
    ///
    /// - Parameters:
    ///   - paths: those of a round trip together; `every` is at least a second.
    ///   - lastSent: when the last probe of a path went before a restart; a path without is new.
    package mutating func replace(
        _ paths: [(path: TripPath, every: Duration)], lastSent: [TripPath: Timestamp] = [:], now: Timestamp
    ) {
        let old = Dictionary(uniqueKeysWithValues: lanes.map { ($0.path, $0) })
        let phases = Self.phases(paths.map(\.path))
        var newcomers = 0
        lanes = zip(paths, phases).map { item, phase in
            var lane = lane(item.path, max(item.every, Self.leastInterval), phase, now)
            if let known = old[item.path] {
                (lane.underWay, lane.isRequested) = (known.underWay, known.isRequested)
                if known.every == lane.every { (lane.nominal, lane.due) = (known.nominal, known.due) }
            } else if let last = lastSent[item.path] {
                lane.nominal = lane.place(from: max(now, min(last, now) + lane.every * 0.75))
                lane.due = lane.nominal
            } else {
                lane.due = min(lane.nominal, now + Self.firstGap * newcomers)
                newcomers += 1
            }
            return lane
        }
        underWay = lanes.reduce(0) { $0 + $1.underWay }
    }

    private func lane(_ path: TripPath, _ every: Duration, _ phase: Double, _ now: Timestamp) -> Lane {
        let start = Timestamp(milliseconds: 0) + every * (0.9 * phase)
        var lane = Lane(path: path, every: every, nominal: start, due: start)
        lane.nominal = lane.place(from: now)
        lane.due = lane.nominal
        return lane
    }

    /// Where each path's grid begins, in periods: evenly within a round trip, and those of the next one in between.
    private static func phases(_ paths: [TripPath]) -> [Double] {
        let counts = paths.reduce(into: [:]) { $0[$1.trip, default: 0] += 1 }
        var shifts: [String: Double] = [:]
        var places: [String: Int] = [:]
        return paths.map { path in
            let shift = shifts[path.trip] ?? (Double(shifts.count) * 0.618).truncatingRemainder(dividingBy: 1)
            shifts[path.trip] = shift
            let place = places[path.trip, default: 0]
            places[path.trip] = place + 1
            return (Double(place) + shift) / Double(counts[path.trip] ?? 1)
        }
    }

    /// Probes that were under way before a restart still are.
    package mutating func resume(_ path: TripPath, underWay count: Int) {
        guard let place = place(of: path) else { return }
        lanes[place].underWay += count
        underWay += count
    }

    // MARK: - Probes

    /// When ``begin(now:jitter:)`` has something to do; nil while nothing may go.
    package mutating func next(now: Timestamp) -> Timestamp? {
        skipMissed(now)
        guard underWay < limits.total else { return nil }
        return lanes.filter { $0.underWay < limits.perPath }.map { ready($0, now) }.min()
    }

    /// Begins the probe that has waited longest, if one may go; its end is to be reported.
    ///
    /// - Parameter jitter: -1 to 1.
    package mutating func begin(now: Timestamp, jitter: Double) -> TripPath? {
        skipMissed(now)
        guard underWay < limits.total else { return nil }
        let open = lanes.indices.filter { lanes[$0].underWay < limits.perPath && ready(lanes[$0], now) <= now }
        let requested = open.first { lanes[$0].isRequested }
        guard let place = requested ?? open.min(by: { lanes[$0].due < lanes[$1].due }) else { return nil }
        if lanes[place].due <= now { advance(place, now, jitter) }
        lanes[place].isRequested = false
        lanes[place].underWay += 1
        underWay += 1
        return lanes[place].path
    }

    /// A probe has ended: it arrived, was lost, or was never sent.
    package mutating func ended(_ path: TripPath) {
        guard let place = place(of: path), lanes[place].underWay > 0 else { return }
        lanes[place].underWay -= 1
        underWay -= 1
    }

    /// An operator wants a probe now, besides those of the grid.
    ///
    /// - Returns: whether there is such a path.
    package mutating func request(_ path: TripPath) -> Bool {
        guard let place = place(of: path) else { return false }
        lanes[place].isRequested = true
        return true
    }

    // MARK: - The grid

    private func place(of path: TripPath) -> Int? { lanes.firstIndex { $0.path == path } }

    private func ready(_ lane: Lane, _ now: Timestamp) -> Timestamp { lane.isRequested ? min(lane.due, now) : lane.due }

    private mutating func skipMissed(_ now: Timestamp) {
        for place in lanes.indices where lanes[place].isMissed(now) {
            lanes[place].nominal = lanes[place].place(from: now)
            lanes[place].due = lanes[place].nominal
        }
    }

    /// To the first place on the grid that is not too near.
    private mutating func advance(_ place: Int, _ now: Timestamp, _ jitter: Double) {
        let lane = lanes[place]
        lanes[place].nominal = lane.place(from: max(now + lane.period / 2, lane.due))
        lanes[place].due = lanes[place].nominal + lane.every * (min(max(jitter, -1), 1) / 20)
    }
}
