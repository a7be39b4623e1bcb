import Admin
import ArgumentParser
import Console
import Telemetry

/// `posthorse upstream show`.
struct UpstreamShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one upstream: its share and the reason for it, the history of its circuit, and its replies.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The upstream's name in relay.conf.")
    var name: String

    func run() async throws {
        let relay = try RelayClient(options)
        let detail = try await relay.detail(of: name)
        var standardOutput = Output()
        if output.json {
            standardOutput.write(try AdminJSON.line(detail))
        } else {
            let page = UpstreamReport(
                detail, terminal: .current(), now: EventLog.wallClock(), commands: UpstreamCommandLines(relay.place))
            for line in page.lines { standardOutput.line(line) }
        }
        standardOutput.flush()
    }
}
