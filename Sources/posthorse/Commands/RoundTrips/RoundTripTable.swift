import Admin
import Console
import Mail
import RoundTrips

/// The table of `round-trip list`: with an extra line for what is wrong. Upstreams and states get the room that they need,
/// names the rest.
struct RoundTripTable {
    private let table: Table
    private let now: Timestamp

    /// - Parameter trips: what it will show.
    init(of trips: [RoundTripDocument], terminal: Terminal, now: Timestamp) {
        let upstreams = trips.map { Printable.width(of: $0.upstream ?? "as routed") }.max() ?? 0
        let states = trips.map { $0.state?.count ?? 0 }.max() ?? 0
        table = Table(
            columns: [
                .init("NAME", nil), .init("UPSTREAM", min(max(upstreams, 8), 20)), .init("STATE", max(states, 5)),
                .init("LAST", 6, .right),
                .init("P50", 6, .right), .init("P95", 6, .right), .init("AVAIL", 5, .right), .init("INBOX", 5, .right),
            ], terminal: terminal)
        self.now = now
    }

    var header: String { table.header }

    func rows(of trip: RoundTripDocument) -> [String] {
        let row = table.row([
            "\(trip.name)", RoundTripWords.upstream(trip.upstream), state(of: trip),
            "\(RoundTripWords.span(trip.last_seconds))", "\(RoundTripWords.span(trip.p50_seconds))",
            "\(RoundTripWords.span(trip.p95_seconds))", "\(RoundTripWords.percent(trip.availability_24h))",
            "\(RoundTripWords.percent(trip.inbox_share))",
        ])
        return [row] + (note(of: trip).map { [table.note($0)] } ?? [])
    }

    private func state(of trip: RoundTripDocument) -> Table.Cell {
        guard let state = trip.state else { return "" }
        return switch TripVerdict(rawValue: state) {
        case .ok: Table.Cell(state, .green)
        case .late: Table.Cell(state, .yellow)
        case .missing, .mailboxUnreachable, .upstreamFailed, nil: Table.Cell(state, .red)
        }
    }

    private func note(of trip: RoundTripDocument) -> String? {
        guard let cause = trip.cause, trip.state != TripVerdict.ok.rawValue else { return nil }
        let since = trip.since.map { " for \(Quantity.age(since: $0, now: now))" } ?? ""
        return "\(trip.mailbox)\(since): \(cause)"
    }
}

/// What round trips are told with.
enum RoundTripWords {
    static func upstream(_ name: String?) -> Table.Cell { name.map { Table.Cell($0) } ?? Table.Cell("as routed", .dim) }

    /// `gmail through ses`, `gmail as routed`.
    static func path(_ name: String, _ upstream: String?) -> String {
        upstream.map { "\(name) through \($0)" } ?? "\(name) as routed"
    }

    /// `12ms`, `2.1s`, `12m`; at most six columns.
    static func span(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        return seconds < 99.95 ? Quantity.narrowLatency(seconds * 1000) : Quantity.age(seconds: Int(seconds.rounded()))
    }

    /// `99.9%`; rounded down, so that only all is 100%.
    static func percent(_ share: Double?) -> String {
        guard let share else { return "-" }
        let tenths = Int((share * 1000 + 1e-6).rounded(.down))
        return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
    }
}
