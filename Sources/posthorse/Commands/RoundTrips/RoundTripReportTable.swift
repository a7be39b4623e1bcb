import Admin
import Console

/// A report about round trips as a table, with the incidents below.
struct RoundTripReportTable {
    private let table: Table

    init(terminal: Terminal) {
        table = Table(
            columns: [
                .init("NAME", nil), .init("UPSTREAM", 12), .init("SENT", 6, .right), .init("AVAIL", 6, .right),
                .init("P50", 6, .right), .init("P95", 6, .right), .init("P99", 6, .right), .init("INBOX", 6, .right),
                .init("JUNK", 6, .right),
            ], terminal: terminal)
    }

    func lines(of report: RoundTripReportDocument) -> [String] {
        guard !report.round_trips.isEmpty else {
            return ["No probe was sent from \(report.from) until \(report.until)."]
        }
        return [table.header] + report.round_trips.map(row) + incidents(of: report)
    }

    private func row(_ trip: RoundTripReportDocument.Trip) -> String {
        let spans = [trip.total_p50_seconds, trip.total_p95_seconds, trip.total_p99_seconds].map(RoundTripWords.span)
        let shares = [trip.inbox_share, trip.junk_share].map(RoundTripWords.percent)
        let figures = ["\(trip.sent)", RoundTripWords.percent(trip.availability)] + spans + shares
        return table.row(["\(trip.name)", RoundTripWords.upstream(trip.upstream)] + figures.map { Table.Cell($0) })
    }

    private func incidents(of report: RoundTripReportDocument) -> [String] {
        guard !report.incidents.isEmpty else { return [] }
        return ["", "Incidents:"]
            + report.incidents.map { incident in
                let path = RoundTripWords.path(incident.name, incident.upstream)
                let end = incident.seconds.map { "for \(RoundTripWords.span($0))" } ?? "and it lasts"
                return Printable.line("\(incident.began_at) \(path) \(incident.state) \(end): \(incident.cause)")
            }
    }
}
