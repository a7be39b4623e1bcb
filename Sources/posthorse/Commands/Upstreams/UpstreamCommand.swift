import ArgumentParser

/// `posthorse upstream`: where mail goes.
struct UpstreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Inspect and control upstreams.",
        discussion: """
            Asks the running relay. disable and drain survive a restart, until enable or the end of --for. The rest \
            the relay does itself: it opens the circuit of an upstream that fails, and returns the traffic step by \
            step; trip and reset do the same by hand.

            Exits with 66 if there is no upstream of that name.
            """,
        subcommands: [
            UpstreamListCommand.self, UpstreamShowCommand.self, UpstreamDisableCommand.self,
            UpstreamEnableCommand.self, UpstreamDrainCommand.self, UpstreamProbeCommand.self,
            UpstreamTripCommand.self, UpstreamResetCommand.self, UpstreamQuotaCommand.self,
        ])

    @OptionGroup var options: RelayOptions
}
