import Admin
import Console
import Mail

/// The table of `pace list`.
struct PaceListing {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("PACE", 16), .init("DOMAIN", nil), .init("RATE", 6, .right), .init("MAX", 6, .right),
                .init("IN FL", 7, .right), .init("WAITING", 9, .right), .init("NEXT", 5, .right),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func row(of pace: PaceDocument) -> String {
        let inFlight = "\(pace.inFlight)" + (pace.maxConnections.map { "/\($0)" } ?? "")
        return table.row([
            "\(pace.pace)", "\(pace.domain ?? "-")", rate(of: pace), "\(Self.number(pace.maxRate))", "\(inFlight)",
            "\(Quantity.grouped(pace.waiting))", "\(next(of: pace))",
        ])
    }

    private func rate(of pace: PaceDocument) -> Table.Cell {
        Table.Cell(Self.number(pace.rate), pace.reduced ? .yellow : nil)
    }

    private func next(of pace: PaceDocument) -> String {
        guard pace.waiting > 0 else { return "-" }
        return pace.nextAt.map { Quantity.wait(until: $0, now: now) } ?? "-"
    }

    private static func number(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        return rate == rate.rounded() ? "\(Int(rate))" : "\(rate)"
    }
}
