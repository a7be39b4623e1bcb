import Admin
import ArgumentParser
import Configuration
import NIOCore

/// `posthorse upstream`: where mail goes.
struct UpstreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Look at the upstreams.",
        subcommands: [UpstreamListCommand.self])

    @OptionGroup var options: ConfigOption
}

/// `posthorse upstream list`.
struct UpstreamListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the upstreams in order of priority, with circuit, load and latency.",
        discussion: """
            SHARE is the part of the traffic that the upstream may take now, IN FL the messages handed to it and not \
            settled. P50 and P95 are the times in milliseconds from the start of an attempt to the reply to the final \
            dot. DELIVERED and FAILED count since the relay was started.
            """)

    @OptionGroup var options: ConfigOption
    @OptionGroup var output: JSONOption

    func run() async throws {
        let configuration = try options.load()
        let client = AdminClient(socketPath: configuration.adminSocket)
        let table = UpstreamTable(terminal: .current())
        var standardOutput = Output()
        if !output.json { standardOutput.line(table.header) }
        do {
            try await client.forEachLine(at: AdminPath.upstreams) { line in
                if output.json {
                    standardOutput.write(octets: line.readableBytesView)
                    standardOutput.write("\n")
                } else {
                    let upstream = try AdminJSON.decode(UpstreamDocument.self, from: line)
                    for row in table.rows(of: upstream) { standardOutput.line(row) }
                }
            }
        } catch let error as AdminClientError {
            throw Failure(error, config: options.path)
        }
        standardOutput.flush()
    }
}
