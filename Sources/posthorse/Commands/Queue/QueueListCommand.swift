import Admin
import ArgumentParser
import Console
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

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Option(help: "Only messages with a recipient in this state.")
    var state: String?
    @Option(help: ArgumentHelp("Only messages whose sender contains this.", valueName: "text"))
    var sender: String?
    @Option(help: ArgumentHelp("Only messages with a recipient that contains this.", valueName: "text"))
    var recipient: String?
    @Option(help: ArgumentHelp("Only messages whose current or last attempt used this upstream.", valueName: "name"))
    var upstream: String?
    @Option(
        help: ArgumentHelp("List at most this many messages; the last line gives the total.", valueName: "n"))
    var limit: Int?
    @Option(help: ArgumentHelp("Only messages after this one.", valueName: "id"), transform: QueueID.argument)
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
            try await reader.forEachLine(filter) { line, _ in
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            }
        } else {
            try await table(from: reader, to: &standardOutput)
        }
        standardOutput.flush()
    }

    private func table(from reader: QueueReader, to output: inout Output) async throws {
        var list = QueueTable(terminal: .current(), now: EventLog.wallClock())
        var count = 0
        try await reader.forEachLine(filter) { line, source in
            if count == 0 { output.line(list.header) }
            count += 1
            list.isStopped = source == .spool
            for row in list.rows(of: try AdminJSON.decode(MessageDocument.self, from: line)) { output.line(row) }
        }
        output.flush()
        output.line(count == 0 ? "No messages." : await summary(count, of: reader))
        output.flush()
        if list.isStopped { Failure.report("the relay is not running: nothing is tried before it is started") }
    }

    /// `4 messages`; `4 of 1,234 messages` if there are more than requested.
    private func summary(_ count: Int, of reader: QueueReader) async -> String {
        guard count == limit || after != nil else { return Quantity.count(count, "message") }
        guard let all = try? await reader.count(filter) else { return "\(Quantity.count(count, "message")) or more" }
        guard all > count else { return Quantity.count(count, "message") }
        return "\(Quantity.grouped(count)) of \(Quantity.grouped(all)) messages"
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
