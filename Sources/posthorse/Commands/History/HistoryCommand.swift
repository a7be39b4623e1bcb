import ArgumentParser

/// `posthorse history`: mail that has left.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Find mail that has left, and what became of it.",
        discussion: """
            Asks the running relay; if none is running, reads what it has kept. How much is kept, and for how long, is in \
            [history] of relay.conf.
            """,
        subcommands: [
            HistorySearchCommand.self, HistoryShowCommand.self, HistoryStatsCommand.self, HistoryEraseCommand.self,
        ])

    @OptionGroup var options: RelayOptions
}
