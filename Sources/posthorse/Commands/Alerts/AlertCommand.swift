import ArgumentParser

/// `posthorse alert`: what somebody is told of.
struct AlertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert",
        abstract: "See the alerts, try them, and silence them.",
        discussion: """
            An alert is ok, pending (it is so, and not for long enough), firing, or clearing (it is over, and not for long \
            enough). It is told once when it fires and once when it is over; the log has both in any case. The relay must be \
            running.
            """,
        subcommands: [
            AlertListCommand.self, AlertTestCommand.self, AlertSilenceCommand.self, AlertUnsilenceCommand.self,
        ])

    @OptionGroup var options: RelayOptions
}
