import Admin
import ArgumentParser
import Console
import NIOCore
import Telemetry

/// `posthorse alert list`.
struct AlertListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all alerts, and how each stands.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        var standardOutput = Output()
        let table = AlertTable(terminal: .current(), now: EventLog.wallClock())
        if !output.json { standardOutput.line(table.header) }
        try await RelayClient(options).forEachLine(at: AdminPath.alerts) { line in
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else {
                let alert = try AdminJSON.decode(AlertDocument.self, from: line)
                for row in table.rows(of: alert) { standardOutput.line(row) }
            }
        }
        standardOutput.flush()
    }
}
