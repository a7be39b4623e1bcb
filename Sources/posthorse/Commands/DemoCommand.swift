import ArgumentParser
import Console
import Demo

/// `posthorse demo`: a relay, two test upstreams and their mailboxes, to try things out.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a relay, two test upstreams and their mailboxes in a temporary directory, to try things out.",
        discussion: """
            Prints the commands to send a mail, to stop an upstream or let it lose mail, and to look at the queue, the address of the page \
            and a token for it, and shows every delivery as a line. Ctrl-C ends everything and removes the directory; so does closing its output.
            """)

    @Flag(help: "Keep the directory at the end.")
    var keep = false
    @Option(help: ArgumentHelp("Port that takes mail; any free port if this one is in use.", valueName: "port"))
    var port: UInt16 = 2525

    func run() async throws {
        let directory = try DemoDirectory()
        defer { if !keep { directory.remove() } }
        let demo = try Demo(directory: directory, invocation: .current)
        do {
            try await demo.run(preferredPort: port)
        } catch {
            await demo.stop()
            throw error
        }
        await demo.stop()
        guard keep else { return }
        var output = Output(loss: .ignored)
        output.line("Everything is still in \(directory.path).")
        output.flush()
    }
}
