import Admin
import ArgumentParser
import Console

/// `posthorse stream show`.
struct StreamShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one stream: its progress, its rates, and what waits of it by state.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "Name of the stream.")
    var name: String

    func run() async throws {
        let stream = try await RelayClient(options).document(StreamDocument.self, at: AdminPath.stream(name))
        try StreamShowCommand.print(stream, isJSON: output.json)
    }

    static func print(_ stream: StreamDocument, isJSON: Bool) throws {
        var standardOutput = Output(loss: .ignored)
        if isJSON {
            standardOutput.write(try AdminJSON.line(stream))
        } else {
            for line in StreamReport(stream: stream).lines { standardOutput.line(line) }
        }
        standardOutput.flush()
    }
}
