import Delivery
import Admin
import Console
import Mail
import Upstreams

/// The table of `upstream list`: with extra lines for operators' orders and for errors.
struct UpstreamTable {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("NAME", nil), .init("CIRCUIT", 8), .init("SHARE", 5, .right), .init("CONN", 9, .right),
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
            "\(Quantity.percent(upstream.share))",
            "\(upstream.connections)/\(upstream.connectionLimit)",
            "\(upstream.inFlight)",
            "\(upstream.deliveredTotal)",
            "\(upstream.failedTotal)",
            "\(latencies.map(Quantity.latency).joined(separator: "/"))",
        ])
        let trouble = upstream.trouble.map { upstream.awaitsTrial ? $0 : "last error: \($0)" }
        let notes = [operatorSays(upstream)] + quotas(upstream) + [trouble]
        return [row] + notes.compactMap { $0.map { table.note($0) } }
    }

    /// An operator's order matters more than the relay's findings.
    private func circuit(_ upstream: UpstreamDocument) -> Table.Cell {
        guard upstream.adminState == .enabled else { return Table.Cell(upstream.adminState.rawValue, .yellow) }
        return Table.Cell(upstream.circuit.rawValue, upstream.circuitColour)
    }

    private func quotas(_ upstream: UpstreamDocument) -> [String?] {
        upstream.quotas.map { "quota: \($0.words)" }
    }

    private func operatorSays(_ upstream: UpstreamDocument) -> String? {
        guard upstream.adminState != .enabled else { return nil }
        let until = upstream.adminUntil.map { " until \($0) (\(Quantity.wait(until: $0, now: now)))" } ?? ""
        return "\(upstream.adminState.rawValue)\(until)\(upstream.adminReason.map { ": \($0)" } ?? "")"
    }
}
