import ArgumentParser
import Console
import Glibc

/// The command line of the relay.
@main
struct Posthorse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "posthorse",
        abstract: "A high-availability SMTP relay.",
        discussion: """
            Takes mail from applications, answers 250 when it is safe on disk, and hands it to the first upstream of a \
            list that works.

            Exit codes: 0 done, 1 a drill has failed, 64 wrong usage, 65 unusable input, 66 no such message, alert, \
            upstream, stream, round trip, suppression or webhook, 69 relay not running, database of no use, upstream not \
            healthy or probe not arrived, 75 try again later, 78 something is wrong in relay.conf.
            """,
        version: version,
        subcommands: [
            ServeCommand.self, CheckCommand.self, DoctorCommand.self, ReloadCommand.self, DemoCommand.self,
            SinkCommand.self, QueueCommand.self, HistoryCommand.self, EventsCommand.self, SuppressionCommand.self,
            UpstreamCommand.self, PaceCommand.self, UserCommand.self, StreamCommand.self, RoundTripCommand.self,
            TopCommand.self, AlertCommand.self, WebhookCommand.self, AuditCommand.self, DrillCommand.self,
            ExplainCommand.self, TraceCommand.self, HashPasswordCommand.self, TokenCommand.self,
        ]
    )

    @OptionGroup var options: ConfigOption
    @OptionGroup var location: LocationOptions

    /// The version shown by `--version` and in the log.
    static let version = "0.1.0-dev"

    static func main() async {
        StandardDescriptors.open()
        // A vanished reader is noticed when writing.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let refusal = PlannedCommand.refusal(of: arguments) ?? OptionCheck(arguments).repetition { refusal.end() }
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(with: error)
        }
    }
}
