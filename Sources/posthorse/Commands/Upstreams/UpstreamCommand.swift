import ArgumentParser

/// `posthorse upstream`: where mail goes.
struct UpstreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Inspect and control upstreams.",
        discussion: """
            Asks the running relay. What an operator says (disable, drain) holds over a restart, until enable or the \
            end of its time. The relay itself says the rest: it opens the circuit of an upstream that fails, and gives \
            the traffic back step by step; trip and reset do the same by hand.

            Ends with 66 where there is no upstream of that name.
            """,
        subcommands: [
            UpstreamListCommand.self, UpstreamShowCommand.self, UpstreamDisableCommand.self,
            UpstreamEnableCommand.self, UpstreamDrainCommand.self, UpstreamProbeCommand.self,
            UpstreamTripCommand.self, UpstreamResetCommand.self,
        ])

    @OptionGroup var options: ConfigOption
}
