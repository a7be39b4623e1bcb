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
        abstract: "Show one message: every recipient, and every attempt so far; of one that has left, what is kept.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The queue ID, as queue list and the log show it.", transform: QueueID.argument)
    var id: QueueID

    func run() async throws {
        let message: MessageDetailDocument
        do {
            message = try await QueueReader(options).message(id)
        } catch let failure as Failure where failure.status == .noSuchMessage {
            return try HistoryReport(try await left(failure)).print(json: output.json)
        }
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

    /// The message, which is not in the queue, from the history.
    ///
    /// - Parameter failure: what is said if the history does not have it either.
    private func left(_ failure: Failure) async throws -> HistoryDocument {
        do {
            return try await HistoryReader(options).message(id)
        } catch let error as Failure where error.status == .tryAgain {
            throw Failure(.badInput, "\(failure.message); \(error.message)")
        } catch {
            throw failure
        }
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
