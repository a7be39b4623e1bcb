import Admin
import ArgumentParser
import Console
import Mail
import NIOCore
import Telemetry

/// `posthorse user list`.
struct UserListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the users with a guard, and what is usual for them.",
        discussion: """
            USUAL are the recipients in the busiest recent ten minutes, LIMIT what is unusual in ten minutes, NOW those of \
            these ten minutes. A user is learning until it is known what is usual.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let relay = try RelayClient(options)
        let table = UserTable(terminal: .current(), now: EventLog.wallClock())
        var standardOutput = Output()
        var count = 0
        try await relay.forEachLine(at: AdminPath.users) { line in
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else {
                if count == 0 { standardOutput.line(table.header) }
                standardOutput.line(table.row(of: try AdminJSON.decode(UserDocument.self, from: line)))
            }
            count += 1
        }
        if count == 0, !output.json { standardOutput.line("No users with a guard.") }
        standardOutput.flush()
    }
}

/// The table of `user list`.
struct UserTable {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("NAME", nil), .init("GUARD", 5), .init("STATE", 18), .init("SINCE", 5, .right),
                .init("USUAL", 7, .right), .init("LIMIT", 7, .right), .init("NOW", 7, .right),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func row(of user: UserDocument) -> String {
        let cause = user.cause.map { ": \($0)" } ?? ""
        let since = user.since.map { Quantity.age(since: $0, now: now) } ?? "-"
        return table.row([
            "\(user.name)", "\(user.guardMode)",
            Table.Cell(user.state + cause, user.state == "suspected" ? .red : nil), "\(since)", "\(user.usual)",
            "\(user.limit.map(String.init) ?? "-")", "\(user.recipients)",
        ])
    }
}
