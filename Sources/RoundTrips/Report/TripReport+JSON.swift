internal import Mail

/// Names as in `docs/command-line.md`: every name is always present, unknown values are `null`, times are RFC 3339.
extension TripReport {
    /// One object: the period, `round_trips` and `incidents`.
    package var json: String {
        var object = JSONText()
        object.put("from", from.rfc3339)
        object.put("until", until.rfc3339)
        object.put("resolution", level.word)
        object.put("round_trips", raw: JSONText.list(lines.map(\.json)))
        object.put("incidents", raw: JSONText.list(incidents.map(\.json)))
        return object.text
    }

    /// For charts: an object for each path and roll-up.
    package var pointsJSON: [String] {
        points.map { point in
            var object = JSONText()
            object.put("start", point.start.rfc3339)
            object.put(point.path)
            object.put(point.total)
            return object.text
        }
    }
}

extension TripReport.Line {
    /// `name`, `upstream`, `mailbox`, the counts, `availability`, the shares of folders, and the percentiles of each
    /// stage.
    package var json: String {
        var object = JSONText()
        object.put(path)
        object.put(total)
        return object.text
    }
}

extension TripIncident {
    package var json: String {
        var object = JSONText()
        object.put(path)
        object.put("state", verdict.rawValue)
        object.put("cause", cause)
        object.put("began_at", began.rfc3339)
        object.put("ended_at", ended?.rfc3339)
        object.put("seconds", raw: ended.map { Decimals.seconds($0 - began) })
        return object.text
    }
}

extension TripLevel {
    /// `minute`, `hour`, `day`.
    package var word: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        }
    }
}

extension TripRollup {
    /// Names of what is said of a period.
    package static var figureNames: [String] { TripRollup().figures.map(\.name) }

    /// Names and values in their order, as in JSON and in CSV; nil for what is unknown.
    var figures: [(name: String, value: String?)] {
        let counts = TripCount.allCases.map { (name: $0.rawValue, value: String(self[$0]) as String?) }
        let shares: [(name: String, value: String?)] =
            [("availability", availability.map(Decimals.share))]
            + TripFolder.allCases.map { ("\($0.rawValue)_share", share($0).map(Decimals.share)) }
            + TripMethod.allCases.map { ("\($0.rawValue)_pass_share", share(passing: $0).map(Decimals.share)) }
        let stages = TripStage.allCases.flatMap { stage in
            [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map { word, part in
                (
                    name: "\(stage.rawValue)_\(word)_seconds",
                    value: histogram(stage).percentile(part).map(Decimals.seconds)
                )
            }
        }
        return counts + shares + stages
    }
}
