import Admin
import ArgumentParser
import Telemetry

/// `posthorse upstream show`.
struct UpstreamShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one upstream: its share and why, the history of its circuit, and what it said.")

    @OptionGroup var options: ConfigOption
    @OptionGroup var output: JSONOption

    @Argument(help: "Its name in relay.conf.")
    var name: String

    func run() async throws {
        let detail = try await UpstreamAdminClient(options).detail(of: name)
        var standardOutput = Output()
        if output.json {
            standardOutput.write(try AdminJSON.line(detail))
        } else {
            let page = UpstreamReport(
                detail, terminal: .current(), now: EventLog.wallClock(), commands: UpstreamCommandLines(options))
            for line in page.lines { standardOutput.line(line) }
        }
        standardOutput.flush()
    }
}
