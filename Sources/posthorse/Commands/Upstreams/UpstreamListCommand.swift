import Admin
import ArgumentParser
import Console
import NIOCore
import Telemetry

/// `posthorse upstream list`.
struct UpstreamListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the upstreams in order of priority, with circuit, load and latency.",
        discussion: """
            CIRCUIT is disabled or draining by an operator's order. SHARE is the share of traffic that the \
            upstream may take now, IN FL the messages handed to it without a result yet. P50 and P95 are the milliseconds \
            that the upstream needed for one message, up to the reply to the final dot. DELIVERED and FAILED count \
            since the relay was started.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let relay = try RelayClient(options)
        let table = UpstreamTable(terminal: .current(), now: EventLog.wallClock())
        var standardOutput = Output()
        if !output.json { standardOutput.line(table.header) }
        try await relay.forEachUpstream { line in
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else {
                let upstream = try AdminJSON.decode(UpstreamDocument.self, from: line)
                for row in table.rows(of: upstream) { standardOutput.line(row) }
            }
        }
        standardOutput.flush()
    }
}
