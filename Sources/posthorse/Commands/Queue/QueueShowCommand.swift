import Admin
import ArgumentParser
import Console
import Mail
import NIOCore
import Telemetry

/// `posthorse queue show`.
struct QueueShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one message: every recipient, and every attempt so far.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The queue ID, as queue list and the log show it.", transform: QueueID.argument)
    var id: QueueID

    func run() async throws {
        let message = try await QueueReader(options).message(id)
        var standardOutput = Output()
        if output.json {
            standardOutput.write(try AdminJSON.line(message))
        } else {
            let page = MessageReport(
                message, terminal: .current(), now: EventLog.wallClock(), program: Invocation.current.program,
                options: options.options.words)
            for line in page.lines { standardOutput.line(line) }
        }
        standardOutput.flush()
    }
}

/// `posthorse queue cat`.
struct QueueCatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print the message itself, exactly as an upstream receives it.")

    @OptionGroup var options: RelayOptions

    @Argument(help: "The queue ID, as queue list and the log show it.", transform: QueueID.argument)
    var id: QueueID

    func run() async throws {
        var standardOutput = Output()
        try await QueueReader(options).forEachPart(of: id) { standardOutput.write(octets: $0.readableBytesView) }
        standardOutput.flush()
    }
}
