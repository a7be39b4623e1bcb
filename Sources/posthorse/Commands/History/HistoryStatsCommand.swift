import Admin
import ArgumentParser
import Console

/// `posthorse history stats`.
struct HistoryStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count outcomes by route and upstream, with the time from acceptance to delivery.",
        discussion: """
            p50, p95 and p99 are times from the moment a message was accepted until an upstream took it: half, 95 of 100 and \
            99 of 100 recipients had it by then.

            \(HistoryFilterOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: HistoryFilterOptions

    func validate() throws { try filter.validateAll() }

    func run() async throws {
        let (progress, damage) = (ProgressLine(), HistoryDamage())
        let places = try await HistoryReader(options).statistics(
            filter.question, progress: progress.show, problem: damage.report)
        progress.clear()
        var standardOutput = Output()
        for place in places where output.json { standardOutput.write(try AdminJSON.line(place)) }
        if !output.json { for line in Self.lines(places) { standardOutput.line(line) } }
        standardOutput.flush()
        try damage.check()
    }

    private static func lines(_ places: [HistoryStatisticsDocument]) -> [String] {
        guard !places.isEmpty else { return ["No messages."] }
        let table = Table(
            columns: [
                .init("RECIPIENTS", 10, .right), .init("DELIVERED", 9, .right), .init("FAILED", 8, .right),
                .init("DROPPED", 8, .right), .init("P50", 7, .right), .init("P95", 7, .right), .init("P99", 7, .right),
                .init("ROUTE", 12), .init("UPSTREAM", nil),
            ], terminal: .current())
        return [table.header]
            + places.map { place in
                table.row([
                    "\(place.recipients)", "\(place.delivered)", "\(place.failed)", "\(place.dropped)",
                    "\(latency(place.p50Seconds))", "\(latency(place.p95Seconds))", "\(latency(place.p99Seconds))",
                    Table.Cell(Printable.line(place.route)), Table.Cell(Printable.line(place.upstream ?? "-")),
                ])
            } + ["Times in milliseconds, or with s in seconds."]
    }

    private static func latency(_ seconds: Double?) -> String { Quantity.latency(seconds.map { $0 * 1000 }) }
}
