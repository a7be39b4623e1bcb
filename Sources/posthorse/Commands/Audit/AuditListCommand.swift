import Admin
import ArgumentParser
import Audit
import Console

/// `posthorse audit list`.
struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List decisions, oldest first.",
        discussion: """
            An order is recorded before it is carried out; a later record says what was not.

            Moments: \(MomentArgument.help).
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Only decisions at this moment or later.", valueName: "moment"))
    var since: MomentArgument?
    @Option(help: ArgumentHelp("Only decisions before this moment.", valueName: "moment"))
    var until: MomentArgument?
    @Option(
        help: ArgumentHelp("Only decisions of someone whose name contains this: uid:1000, sudo:ann.", valueName: "text")
    )
    var who: String?
    @Option(help: ArgumentHelp("Only decisions such as drop, upstream disable or circuit.", valueName: "text"))
    var what: String?
    @Option(
        help: ArgumentHelp(
            "Only decisions about something that contains this: an upstream, a queue ID.", valueName: "text"))
    var subject: String?
    @Option(help: ArgumentHelp("At most this many, the newest ones.", valueName: "n"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
        var filter = AuditFilter()
        (filter.since, filter.until) = (since?.moment, until?.moment)
        (filter.who, filter.what, filter.subject, filter.limit) = (who, what, subject, limit)
        var standardOutput = Output()
        let table = AuditTable(terminal: .current())
        var count = 0
        try await AuditPlace(options).forEachRecord(filter) { record in
            count += 1
            guard !output.json else { return standardOutput.write(octets: try record.json() + [0x0A]) }
            if count == 1 { standardOutput.line(table.header) }
            for row in table.rows(of: record) { standardOutput.line(row) }
        }
        if count == 0, !output.json { standardOutput.line("No records.") }
        standardOutput.flush()
    }
}
