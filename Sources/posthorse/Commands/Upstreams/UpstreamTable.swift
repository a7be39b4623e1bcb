import Admin

/// The table of `upstream list`: a second line where there was an error.
struct UpstreamTable {
    private let table: Table

    init(terminal: Terminal) {
        table = Table(
            columns: [
                .init("NAME", nil), .init("CIRCUIT", 8), .init("SHARE", 5, .right), .init("CONN", 4, .right),
                .init("IN FL", 5, .right), .init("DELIVERED", 9, .right), .init("FAILED", 6, .right),
                .init("P50/P95", 11, .right),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func rows(of upstream: UpstreamDocument) -> [String] {
        let latencies = [upstream.latencyP50Milliseconds, upstream.latencyP95Milliseconds]
        let row = table.row([
            "\(upstream.name)",
            circuit(upstream),
            "\(Int((upstream.share * 100).rounded()))%",
            "\(upstream.connections)",
            "\(upstream.inFlight)",
            "\(upstream.deliveredTotal)",
            "\(upstream.failedTotal)",
            "\(latencies.map(Quantity.latency).joined(separator: "/"))",
        ])
        let notes = [upstream.lastError.map { table.note("last error: \($0)") }].compactMap { $0 }
        return [row] + notes
    }

    /// What an operator has said is more important than what the relay found out.
    private func circuit(_ upstream: UpstreamDocument) -> Table.Cell {
        guard upstream.adminState == "enabled" else { return Table.Cell(upstream.adminState, .yellow) }
        switch upstream.circuit {
        case "closed": return Table.Cell("closed", .green)
        case "open": return Table.Cell("open", .red)
        default: return Table.Cell(upstream.circuit, .yellow)
        }
    }
}
