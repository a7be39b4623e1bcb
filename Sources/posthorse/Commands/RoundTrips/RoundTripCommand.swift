import ArgumentParser

/// `posthorse round-trip`: whether mail arrives.
struct RoundTripCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "round-trip",
        abstract: "See whether mail arrives, how fast and where, through each upstream.",
        discussion: """
            Each [[round_trip]] of relay.conf sends probes through its upstreams, and looks for them in a mailbox. The relay \
            must be running.
            """,
        subcommands: [RoundTripListCommand.self, RoundTripRunCommand.self, RoundTripReportCommand.self])

    @OptionGroup var options: RelayOptions
}
