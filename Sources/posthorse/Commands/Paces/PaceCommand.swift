import ArgumentParser

/// `posthorse pace`: how fast mail goes to recipient domains.
struct PaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pace",
        abstract: "Show how fast mail goes to recipient domains.",
        discussion: """
            Each [[pace]] of relay.conf limits the mail to recipient domains, over all upstreams. The relay must be running.
            """,
        subcommands: [PaceListCommand.self])

    @OptionGroup var options: RelayOptions
}
