internal import Mail

/// Tables as RFC 4180 wants them: a line of names, lines ended by CRLF. What is unknown is empty.
extension TripReport {
    /// A line for each path, with the period in front.
    package var csv: String {
        let names = ["from", "until", "name", "upstream", "mailbox"] + TripRollup().figures.map(\.name)
        return CSVText.table(
            names,
            lines.map { line in
                [from.rfc3339, until.rfc3339] + Self.fields(line.path) + line.total.figures.map { $0.value ?? "" }
            })
    }

    /// A line for each path and roll-up, for charts.
    package var pointsCSV: String {
        let names = ["start", "name", "upstream", "mailbox"] + TripRollup().figures.map(\.name)
        return CSVText.table(
            names,
            points.map { point in
                [point.start.rfc3339] + Self.fields(point.path) + point.total.figures.map { $0.value ?? "" }
            })
    }

    /// A line for each incident.
    package var incidentsCSV: String {
        CSVText.table(
            ["name", "upstream", "mailbox", "state", "cause", "began_at", "ended_at", "seconds"],
            incidents.map { incident in
                Self.fields(incident.path) + [
                    incident.verdict.rawValue, incident.cause, incident.began.rfc3339, incident.ended?.rfc3339 ?? "",
                    incident.ended.map { Decimals.seconds($0 - incident.began) } ?? "",
                ]
            })
    }

    private static func fields(_ path: TripPath) -> [String] { [path.trip, path.upstream ?? "", path.mailbox] }
}
