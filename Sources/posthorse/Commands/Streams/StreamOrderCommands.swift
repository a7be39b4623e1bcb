import Admin
import ArgumentParser
import Console

/// What `stream pause` and `stream resume` take.
struct StreamOrderOptions: ParsableArguments {
    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be done, to how many messages, and change nothing.")
    var dryRun = false
    @Argument(help: "Name of the stream.")
    var name: String

    /// Carries out the order, and prints how the stream stands then.
    func run(_ verb: StreamVerb) async throws {
        let document = StreamOrderDocument(reason: reason.text, dryRun: dryRun)
        let stream = try await RelayClient(options).ask(isPatient: true) {
            try await $0.post(document, to: AdminPath.streamOrder(name, verb), for: StreamDocument.self)
        }
        guard dryRun, !output.json else { return try StreamShowCommand.print(stream, isJSON: output.json) }
        var standardOutput = Output(loss: .ignored)
        for line in StreamRehearsal(stream: stream).lines(of: verb) { standardOutput.line(line) }
        standardOutput.flush()
    }
}

/// `posthorse stream pause`.
struct StreamPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Hand over nothing of a stream until it is resumed.",
        discussion: """
            Running attempts finish. New mail of the stream is taken, and waits; it expires as all mail that waits. Other \
            streams are not concerned. A stream may be paused before anything of it has come.
            """)

    @OptionGroup var order: StreamOrderOptions

    func run() async throws { try await order.run(.pause) }
}

/// `posthorse stream resume`.
struct StreamResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused stream go on.",
        discussion: """
            What has failed so far counts no more towards pause_at_bounce_rate. A new stream whose canary was stopped goes \
            on with the same step.
            """)

    @OptionGroup var order: StreamOrderOptions

    func run() async throws { try await order.run(.resume) }
}
