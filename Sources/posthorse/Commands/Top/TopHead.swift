import Console
import Mail

/// The first lines: which relay, since when, how much mail, and how fast.
struct TopHead {
    let title: TopLine
    let throughput: TopLine
    let latency: TopLine

    init(_ reading: TopReading, _ rates: TopRates, place: String, width: Int) {
        title = Self.title(reading, place, width)
        var line = TopLine("In ", .dim)
        line.add(Self.rate(rates.accepted), .bold)
        line.add(" messages/s   out ", .dim)
        line.add(Self.rate(rates.outcomes["delivered"]), .bold)
        line.add(" recipients/s", .dim)
        for outcome in ["deferred", "failed"] {
            let rate = rates.outcomes[outcome]
            line.add("   \(outcome) ", .dim)
            line.add("\(Self.rate(rate))/s", rate ?? 0 > 0 ? (outcome == "failed" ? .red : .yellow) : nil)
        }
        throughput = line
        latency = TopLine(
            "P50/P95: 250 after \(Self.times(rates.accept)), taken after \(Self.times(rates.taken))", .dim)
    }

    private static func title(_ reading: TopReading, _ place: String, _ width: Int) -> TopLine {
        let clock = LocalClock.time(of: reading.at)
        let seconds = reading.figures.startedAt.map { max(0, Int(Double(reading.at.milliseconds) / 1000 - $0)) }
        let end = (seconds.map { "up \(Quantity.age(seconds: $0))  " } ?? "") + clock
        var line = TopLine()
        line.add("posthorse  ", .bold)
        let room = width - line.width - end.count - 2
        guard room > 0 else { return line }
        line.add(Printable.cutMiddle(Printable.line(place), to: room), columns: room)
        line.add("  \(end)")
        return line
    }

    /// `0.4`, `12`, `1,234`; `-` if unknown.
    static func rate(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        guard rate < 99.95 else { return Quantity.grouped(Int(rate.rounded())) }
        let tenths = Int((rate * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func times(_ milliseconds: [Double?]) -> String {
        milliseconds.map { $0.map(Quantity.narrowLatency) ?? "-" }.joined(separator: "/")
    }
}
