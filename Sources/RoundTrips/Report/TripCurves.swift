internal import Mail

/// The figures of one path over a period, in as many parts as a chart can show.
struct TripCurves {
    private static let mostParts = 240

    /// When each part begins.
    let times: [Timestamp]
    let rollups: [TripRollup]
    private let shades: [TripChart.Shade]

    /// - Parameters:
    ///   - points: of the path, in order.
    ///   - incidents: of the path.
    init(
        _ points: [TripReport.Point], _ incidents: [TripIncident], _ level: TripLevel, from: Timestamp,
        until: Timestamp
    ) {
        shades = incidents.map {
            TripChart.Shade(from: $0.began, until: $0.ended ?? until, isLate: $0.verdict == .late)
        }
        let first = level.number(of: from)
        let last = max(first, level.number(of: until.advanced(byMilliseconds: -1)))
        let (numbers, most) = (last - first + 1, Int64(Self.mostParts))
        let step = (numbers + most - 1) / most
        var rollups = [TripRollup](repeating: TripRollup(), count: Int((numbers + step - 1) / step))
        for point in points {
            let place = Int((level.number(of: point.start) - first) / step)
            if rollups.indices.contains(place) { rollups[place].merge(point.total) }
        }
        self.rollups = rollups
        times = rollups.indices.map { level.start(of: first + Int64($0) * step) }
    }

    /// p50, p95 and p99 from acceptance to arrival.
    var delays: TripChart {
        let lines = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map { name, part in
            TripChart.Line(
                name: name, values: rollups.map { $0.histogram(.total).percentile(part).map { $0 / .seconds(1) } })
        }
        let most = lines.flatMap(\.values).compactMap(\.self).max() ?? 1
        return TripChart(
            title: "From acceptance to arrival", times: times, lines: lines, shades: shades,
            nothing: "No probe arrived in this period.", range: 0...Self.round(most)
        ) { Words.span(.milliseconds(Int64(($0 * 1000).rounded()))) }
    }

    var availability: TripChart {
        let values = rollups.map(\.availability)
        let least = values.compactMap(\.self).min() ?? 0
        let bottom = [0.99, 0.9, 0.5].first { $0 <= least } ?? 0
        return TripChart(
            title: "Availability", times: times, lines: [TripChart.Line(name: "availability", values: values)],
            shades: shades, nothing: "No probe has a verdict.", range: bottom...1, words: Words.percent)
    }

    /// The next of 1, 2, 4, 6, 10 × a power of ten.
    private static func round(_ value: Double) -> Double {
        var power = 0.001
        while power * 10 <= value { power *= 10 }
        return [1, 2, 4, 6, 10].map { $0 * power }.first { $0 >= value } ?? value
    }
}
