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
            Lists every message unless queue IDs or a filter are given.

            \(QueueFilterOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: QueueFilterOptions

    @Argument(help: QueueFilterOptions.idsHelp, transform: QueueID.argument)
    var ids: [QueueID] = []
    @Option(help: ArgumentHelp("Only messages after this one.", valueName: "id"), transform: QueueID.argument)
    var after: QueueID?
    @Flag(help: "Print only the number of messages.")
    var count = false
    @Option(
        help: """
            Sort by age (oldest first), size (largest first), next (due soonest first), attempts (most first) or sender.
            """)
    var sort: QueueSort?
    @Flag(help: "Sort the other way round.")
    var reverse = false

    func validate() throws {
        try filter.validate(ids)
        if after != nil, sort != nil || reverse || !ids.isEmpty {
            throw ValidationError("--after goes through the list by queue ID: without IDs, --sort and --reverse.")
        }
    }

    func run() async throws {
        let reader = try QueueReader(options)
        var standardOutput = Output()
        if count {
            let number = try await reader.count(question)
            standardOutput.write(output.json ? try AdminJSON.line(CountDocument(messages: number)) : "\(number)\n")
        } else if output.json {
            var missing = Set(ids)
            try await reader.forEachLine(question) { line, _ in
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
                if !missing.isEmpty {
                    QueueID(try MessageDocument(line: line).queueID).map {
                        _ = missing.remove($0)
                    }
                }
            }
            standardOutput.flush()
            try Failure.check(missing: missing)
        } else {
            try await table(from: reader, to: &standardOutput)
        }
        standardOutput.flush()
    }

    private func table(from reader: QueueReader, to output: inout Output) async throws {
        var list = QueueTable(terminal: .current(), now: EventLog.wallClock())
        var (count, missing) = (0, Set(ids))
        try await reader.forEachLine(question) { line, source in
            if count == 0 { output.line(list.header) }
            count += 1
            list.isStopped = source == .spool
            let message = try MessageDocument(line: line)
            if !missing.isEmpty { QueueID(message.queueID).map { _ = missing.remove($0) } }
            for row in list.rows(of: message) { output.line(row) }
        }
        output.flush()
        output.line(count == 0 ? "No messages." : await summary(count, of: reader))
        output.flush()
        if list.isStopped { Failure.report("the relay is not running: nothing is tried before it is started") }
        try Failure.check(missing: missing)
    }

    /// `4 messages`; `4 of 1,234 messages` if there are more than requested.
    private func summary(_ count: Int, of reader: QueueReader) async -> String {
        guard count == filter.limit || after != nil else { return Quantity.count(count, "message") }
        var everything = question
        (everything.filter.after, everything.filter.limit) = (nil, nil)
        guard let all = try? await reader.count(everything) else {
            return "\(Quantity.count(count, "message")) or more"
        }
        guard all > count else { return Quantity.count(count, "message") }
        return "\(Quantity.grouped(count)) of \(Quantity.grouped(all)) messages"
    }

    private var question: ListingQuestion {
        var question = ListingQuestion(filter.filter(ids))
        question.filter.after = after
        question.sort = sort ?? (reverse ? .age : nil)
        question.isReversed = reverse
        return question
    }
}

extension QueueSort: ExpressibleByArgument {}

extension Failure {
    /// Fails for messages that were named and are not there.
    static func check(missing ids: Set<QueueID>) throws {
        guard !ids.isEmpty else { return }
        throw Failure(.noSuchMessage, ids.sorted().map { "no message \($0) in the queue" }.joined(separator: "\n"))
    }
}
