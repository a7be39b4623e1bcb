package import Mail

/// How the round trips of a period have gone: what an agreement about service levels asks for.
package struct TripReport: Hashable, Sendable {
    /// The figures of one path.
    package struct Line: Hashable, Sendable {
        package let path: TripPath
        package let total: TripRollup
    }

    /// The figures of one path in one roll-up, for a chart.
    package struct Point: Hashable, Sendable {
        package let path: TripPath
        package let start: Timestamp
        package let total: TripRollup
    }

    package let from: Timestamp
    package let until: Timestamp
    /// What the period consists of; its ends are rounded outwards to whole ones.
    package let level: TripLevel
    /// In order of the paths; those without a probe in the period are missing.
    package let lines: [Line]
    /// In order of the paths and of time.
    package let points: [Point]
    /// Those that touch the period, oldest first.
    package let incidents: [TripIncident]

    /// - Parameters:
    ///   - now: by the system's clock; it decides how finely the period is known.
    ///   - isWanted: which paths it is about.
    package init(
        _ history: TripHistory, from: Timestamp, until: Timestamp, now: Timestamp,
        where isWanted: (TripPath) -> Bool = { _ in true }
    ) {
        let level = TripHistory.level(reaching: from, now: now)
        let points = history.paths.filter(isWanted).flatMap { path in
            history.rollups(path, level, from: from, until: until).map {
                Point(path: path, start: $0.start, total: $0.rollup)
            }
        }
        (self.from, self.until, self.level, self.points) = (from, until, level, points)
        lines = Dictionary(grouping: points, by: \.path).sorted { $0.key < $1.key }.map { path, points in
            Line(path: path, total: points.reduce(into: TripRollup()) { $0.merge($1.total) })
        }
        incidents = history.incidents.filter { incident in
            isWanted(incident.path) && incident.began < until && incident.ended.map { $0 > from } ?? true
        }
    }
}
