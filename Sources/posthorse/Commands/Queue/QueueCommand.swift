import ArgumentParser
import Mail

/// `posthorse queue`: the messages held by the relay.
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Inspect the messages in the queue, and change what happens to them.",
        discussion: """
            Asks the running relay. If it is not running, list, show, cat, stats and export read its spool; the commands \
            that change messages need a running relay.
            """,
        subcommands: [
            QueueListCommand.self, QueueShowCommand.self, QueueCatCommand.self, QueueStatsCommand.self,
            QueueRetryCommand.self, QueueHoldCommand.self, QueueReleaseCommand.self, QueueDropCommand.self,
            QueueMoveCommand.self, QueueResolveCommand.self, QueueExportCommand.self, QueueImportCommand.self,
        ])

    @OptionGroup var options: RelayOptions
}

extension QueueID {
    /// For arguments: says what a queue ID looks like if the text is not one.
    @Sendable
    static func argument(_ text: String) throws -> QueueID {
        guard let id = QueueID(text) else {
            throw ValidationError(
                "A queue ID has 13 digits and letters without I, L, O and U, such as \(QueueID.example): see queue list."
            )
        }
        return id
    }

    private static let example = QueueID(rawValue: 0x0678_9ABC_DEF0_1234)
}
