import Admin
import ArgumentParser
import Console
import NIOCore
import Suppression
import Telemetry

/// `posthorse suppression list`.
struct SuppressionListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List suppressions, in the order of their patterns.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: SuppressionFilterOptions

    @Option(help: ArgumentHelp("Only those for mail of this route alone.", valueName: "name"))
    var route: String?
    @Option(help: ArgumentHelp("At most this many.", valueName: "number"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
        let path = AdminPath.suppressions(filter.words + [("route", route), ("limit", limit.map { "\($0)" })])
        var standardOutput = Output()
        if output.json {
            try await RelayClient(options).forEachLine(at: path) { line in
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            }
        } else {
            try await table(at: path, to: &standardOutput)
        }
        standardOutput.flush()
    }

    private func table(at path: String, to output: inout Output) async throws {
        let table = SuppressionTable(terminal: .current(), now: EventLog.wallClock())
        var count = 0
        try await RelayClient(options).forEachLine(at: path) { line in
            if count == 0 { output.line(table.header) }
            count += 1
            output.line(table.row(of: try AdminJSON.decode(SuppressionDocument.self, from: line)))
        }
        output.line(count == 0 ? "No suppressions." : Quantity.count(count, "suppression"))
    }
}
