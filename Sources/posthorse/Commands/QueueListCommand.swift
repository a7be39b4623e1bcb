import Admin
import ArgumentParser
import Mail
import NIOCore
import Telemetry

/// `posthorse queue list`.
struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List messages, oldest first.",
        discussion: """
            Without options, every message. A message is listed if its sender matches and one of its recipients \
            matches every option about recipients. States: queued, delivering, deferred, held, in_doubt, delivered, \
            failed.
            """)

    @OptionGroup var options: ConfigOption
    @OptionGroup var output: JSONOption

    @Option(help: "Only messages with a recipient in this state.")
    var state: String?
    @Option(help: ArgumentHelp("Only messages whose sender contains this.", valueName: "text"))
    var sender: String?
    @Option(help: ArgumentHelp("Only messages with a recipient that contains this.", valueName: "text"))
    var recipient: String?
    @Option(help: ArgumentHelp("Only messages whose running or last attempt went here.", valueName: "name"))
    var upstream: String?
    @Option(help: ArgumentHelp("Show at most this many messages.", valueName: "n"))
    var limit: Int?
    @Option(help: ArgumentHelp("Only messages after this one.", valueName: "id"))
    var after: QueueID?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let state, !MessageDocument.states.contains(state) {
            throw ValidationError("--state must be one of \(MessageDocument.states.joined(separator: ", ")).")
        }
    }

    func run() async throws {
        let reader = try QueueReader(options)
        var standardOutput = Output()
        if output.json {
            try await reader.forEachLine(filter) { line in
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            }
        } else {
            try await table(from: reader, to: &standardOutput)
        }
        standardOutput.flush()
    }

    private func table(from reader: QueueReader, to output: inout Output) async throws {
        let list = QueueTable(terminal: .current(), now: EventLog.wallClock())
        var count = 0
        try await reader.forEachLine(filter) { line in
            if count == 0 { output.line(list.header) }
            count += 1
            for row in list.rows(of: try AdminJSON.decode(MessageDocument.self, from: line)) { output.line(row) }
        }
        output.line(count == 0 ? "No messages." : Quantity.count(count, "message"))
    }

    private var filter: QueueFilter {
        var filter = QueueFilter()
        filter.state = state
        filter.sender = sender
        filter.recipient = recipient
        filter.upstream = upstream
        filter.limit = limit
        filter.after = after
        return filter
    }
}
