import ArgumentParser
import Mail

/// `posthorse queue`: the messages held by the relay.
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Look at the messages in the queue, and resolve what is in doubt.",
        discussion: """
            Asks the running relay; if none is running, reads its spool and changes nothing. resolve needs a running \
            relay.
            """,
        subcommands: [
            QueueListCommand.self, QueueShowCommand.self, QueueCatCommand.self, QueueStatsCommand.self,
            QueueResolveCommand.self,
        ])

    @OptionGroup var options: ConfigOption
}

extension QueueID: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
