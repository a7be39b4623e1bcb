import Admin
import ArgumentParser
import Console
import NIOCore
import Telemetry

/// `posthorse pace list`.
struct PaceListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the paces, with their domains that have had mail lately.",
        discussion: """
            RATE is the recipients that a domain gets in a second, MAX what relay.conf allows; a RATE below that is what \
            its provider has asked for, and grows back while it takes mail. IN FL are the messages that upstreams have for \
            it, WAITING those that wait for their turn; NEXT is when the first of them has it.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let relay = try RelayClient(options)
        let table = PaceListing(terminal: .current(), now: EventLog.wallClock())
        var standardOutput = Output()
        var count = 0
        try await relay.forEachLine(at: AdminPath.paces) { line in
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else {
                if count == 0 { standardOutput.line(table.header) }
                standardOutput.line(table.row(of: try AdminJSON.decode(PaceDocument.self, from: line)))
            }
            count += 1
        }
        if count == 0, !output.json { standardOutput.line("No paces.") }
        standardOutput.flush()
    }
}
