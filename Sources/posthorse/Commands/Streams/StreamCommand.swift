import ArgumentParser

/// `posthorse stream`: what belongs together.
struct StreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Inspect streams of mail, and pause, resume or cancel them.",
        discussion: """
            A stream is a campaign or an application: what X-Posthorse-Stream names, else stream of the [[user]] or the \
            [[route]], else the user, else the route. The relay must be running; a pause survives its restart.

            Exits with 66 if nothing is known of a stream of that name.
            """,
        subcommands: [
            StreamListCommand.self, StreamShowCommand.self, StreamPauseCommand.self, StreamResumeCommand.self,
            StreamCancelCommand.self,
        ])

    @OptionGroup var options: RelayOptions
}
