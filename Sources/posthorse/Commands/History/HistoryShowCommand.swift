import ArgumentParser
import Console
import Mail
import NIOCore

/// `posthorse history show`.
struct HistoryShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one message that has left: what became of each recipient, and when.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The queue ID, as the log and history search show it.", transform: QueueID.argument)
    var id: QueueID
    @Flag(
        help: "Print the message itself, as it was accepted; it is kept with content = true in [history] of relay.conf."
    )
    var content = false

    func validate() throws {
        if content, output.json { throw ValidationError("--content prints the message as it is: leave --json out.") }
    }

    func run() async throws {
        let reader = try HistoryReader(options)
        guard content else { return try HistoryReport(try await reader.message(id)).print(json: output.json) }
        var standardOutput = Output()
        try await reader.forEachPart(of: id) { standardOutput.write(octets: $0.readableBytesView) }
        standardOutput.flush()
    }
}
