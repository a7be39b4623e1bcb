import Admin
import ArgumentParser
import Console
import Mail
import Telemetry

/// `posthorse queue stats`.
struct QueueStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count messages, recipients by state, and bytes.",
        discussion: """
            With --by, counts recipients in groups, the largest group first. --by age prints a table of domains in the \
            manner of qshape: each column counts recipients of messages younger than its title, in minutes, and no younger \
            than the title before.

            \(QueueFilterOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: QueueFilterOptions

    @Argument(help: QueueFilterOptions.idsHelp, transform: QueueID.argument)
    var ids: [QueueID] = []
    @Option(help: "What to group recipients by.")
    var by: QueueGrouping?

    func validate() throws {
        try filter.validate(ids)
        if filter.limit != nil { throw ValidationError("--limit is not for statistics: they count all that match.") }
    }

    func run() async throws {
        let (reader, question) = (try QueueReader(options), ListingQuestion(filter.filter(ids)))
        var standardOutput = Output()
        if let by {
            let groups = try await reader.groups(question, by: by)
            for group in groups where output.json { standardOutput.write(try AdminJSON.line(group)) }
            if !output.json { show(GroupTable(groups, by: by, terminal: .current()), &standardOutput) }
        } else {
            let statistics = try await reader.statistics(question, at: EventLog.wallClock())
            standardOutput.write(output.json ? try AdminJSON.line(statistics) : text(statistics))
        }
        standardOutput.flush()
    }

    private func show(_ table: GroupTable, _ output: inout Output) {
        for line in table.lines { output.line(line) }
    }

    private func text(_ statistics: StatisticsDocument) -> String {
        let oldest = statistics.oldestAgeSeconds.map { ", the oldest \(Quantity.age(seconds: $0)) old" } ?? ""
        let terminal = Terminal.current()
        let states = MessageDocument.states.map { state in
            let count = statistics.byState[state] ?? 0
            let name = state + String(repeating: " ", count: 12 - state.count)
            return "  " + terminal.coloured(name, count == 0 ? nil : Terminal.Colour(state: state)) + "\(count)\n"
        }
        return """
            \(Quantity.count(statistics.messages, "message")), \(Quantity.size(statistics.bytes)) octets\(oldest)
            \(Quantity.count(statistics.recipients, "recipient"))
            \(states.joined())
            """
    }
}

extension QueueGrouping: ExpressibleByArgument {}
