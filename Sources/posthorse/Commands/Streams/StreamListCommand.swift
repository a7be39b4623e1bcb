import Admin
import ArgumentParser
import Console
import NIOCore

/// `posthorse stream list`.
struct StreamListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List streams, with what waits of each and what has become of the rest.",
        discussion: """
            DELIVERED and FAILED count recipients since the stream was first seen, WAITING those in the queue. /MIN are \
            those with an outcome within the last minute, BOUNCES the share of hard failures within the last hour. The \
            relay keeps a thousand streams apart; what has been idle for longest goes into the row "other".
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        var standardOutput = Output()
        let table = StreamTable(terminal: .current())
        var count = 0
        try await RelayClient(options).forEachLine(at: AdminPath.streams) { line in
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
                return
            }
            if count == 0 { standardOutput.line(table.header) }
            count += 1
            let stream = try AdminJSON.decode(StreamDocument.self, from: line)
            for row in table.rows(of: stream) { standardOutput.line(row) }
        }
        if count == 0, !output.json { standardOutput.line("No streams.") }
        standardOutput.flush()
    }
}
