import Admin
import ArgumentParser
import Console
import Mail

/// `posthorse history search`.
struct HistorySearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find messages that have left, newest first.",
        discussion: """
            Did Ann get the mail of Tuesday? posthorse history search --recipient ann@example.com --since tuesday

            \(HistoryFilterOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: HistoryFilterOptions

    @Option(help: ArgumentHelp("At most this many messages.", valueName: "n"))
    var limit: Int?
    @Option(
        help: ArgumentHelp(
            "Only messages behind the one with this cursor, to go on after --limit.", valueName: "cursor"))
    var after: Int?

    func validate() throws {
        try filter.validateAll()
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if let after, after < 1 { throw ValidationError("--after is the cursor of a message.") }
    }

    func run() async throws {
        var question = filter.question
        (question.limit, question.after) = (limit, after)
        var (standardOutput, count, last) = (Output(), 0, 0)
        let table = HistoryTable(terminal: .current())
        let (progress, damage) = (ProgressLine(), HistoryDamage())
        let hasMore = try await HistoryReader(options).search(
            question, progress: progress.show,
            problem: {
                progress.clear()
                damage.report($0)
            }
        ) { message, matching in
            progress.clear()
            (count, last) = (count + 1, message.cursor)
            if output.json { return standardOutput.write(try AdminJSON.line(message)) }
            if count == 1 { standardOutput.line(table.header) }
            for row in table.rows(of: message, matching: matching) { standardOutput.line(row) }
        }
        progress.clear()
        if !output.json {
            standardOutput.line(count == 0 ? "No messages." : Quantity.count(count, "message"))
            if hasMore { standardOutput.line("There may be more: --after \(last) goes on.") }
        }
        standardOutput.flush()
        try damage.check()
    }
}
