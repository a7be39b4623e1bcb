import Admin
import Console
import Delivery
import Upstreams

/// The upstreams in order of priority. On a wide screen the last error stands in the same line, else below.
struct TopUpstreams {
    private struct Column {
        let title: String
        let width: Int
        var isRight = true
    }

    private static let columns = [
        Column(title: "UPSTREAM", width: 16, isRight: false), Column(title: "STATE", width: 8, isRight: false),
        Column(title: "SHARE", width: 5), Column(title: "SENT/S", width: 7), Column(title: "P50/P95", width: 11),
        Column(title: "LIMIT/S", width: 7), Column(title: "CONN", width: 4), Column(title: "IN FL", width: 5),
    ]
    private static let gap = "  "
    /// Columns that an error needs to say anything.
    private static let narrowestError = 30

    private let upstreams: [UpstreamDocument]
    private let rates: TopRates
    private let hasErrorColumn: Bool

    init(_ upstreams: [UpstreamDocument], _ rates: TopRates, width: Int) {
        self.upstreams = upstreams
        self.rates = rates
        let table = Self.columns.reduce(0) { $0 + $1.width + Self.gap.count }
        hasErrorColumn = width >= table + Self.narrowestError
    }

    /// Lines below upstreams.
    var errors: Int { hasErrorColumn ? 0 : upstreams.count { Self.error(of: $0) != nil } }

    func height(withErrors: Bool) -> Int { 1 + upstreams.count + (withErrors ? errors : 0) }

    func lines(withErrors: Bool) -> [TopLine] {
        [header]
            + upstreams.flatMap { upstream in
                let error = withErrors && !hasErrorColumn ? Self.error(of: upstream) : nil
                return [row(upstream)] + (error.map { [TopLine("  \($0)", .dim)] } ?? [])
            }
    }

    private var header: TopLine {
        var line = TopLine()
        for (index, column) in Self.columns.enumerated() {
            if index > 0 { line.add(Self.gap) }
            line.add(column.title, .bold, columns: column.width, isRight: column.isRight)
        }
        if hasErrorColumn { line.add("\(Self.gap)LAST ERROR", .bold) }
        return line
    }

    private func row(_ upstream: UpstreamDocument) -> TopLine {
        let latency = [upstream.latencyP50Milliseconds, upstream.latencyP95Milliseconds].map(Quantity.latency)
        let cells: [(String, Terminal.Colour?)] = [
            (upstream.name, nil), state(upstream), (Quantity.percent(upstream.share), nil),
            (TopHead.rate(rates.delivered[upstream.name]), nil), (latency.joined(separator: "/"), nil),
            (upstream.rate.map { TopHead.rate($0) } ?? "-", nil), ("\(upstream.connections)", nil),
            ("\(upstream.inFlight)", nil),
        ]
        var line = TopLine()
        for (index, (column, cell)) in zip(Self.columns, cells).enumerated() {
            if index > 0 { line.add(Self.gap) }
            line.add(cell.0, cell.1, columns: column.width, isRight: column.isRight)
        }
        if hasErrorColumn, let error = Self.error(of: upstream) { line.add(Self.gap + error, .dim) }
        return line
    }

    /// An operator's order matters more than the circuit.
    private func state(_ upstream: UpstreamDocument) -> (String, Terminal.Colour?) {
        guard upstream.adminState == .enabled else { return (upstream.adminState.rawValue, .yellow) }
        return (upstream.circuit.rawValue, upstream.circuitColour)
    }

    private static func error(of upstream: UpstreamDocument) -> String? {
        guard upstream.adminState != .enabled, let reason = upstream.adminReason else { return upstream.trouble }
        return "\(upstream.adminState.rawValue): \(reason)"
    }
}
