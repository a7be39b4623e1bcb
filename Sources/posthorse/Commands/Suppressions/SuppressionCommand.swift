import ArgumentParser

/// `posthorse suppression`: whom no mail goes to.
struct SuppressionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppression",
        abstract: "Say whom no mail goes to.",
        discussion: """
            A suppression is an address (bob@example.com), a domain (@example.com), its subdomains (@*.example.com), or a \
            local part (bob@*). Case does not matter. Mail to it is refused at RCPT, or dropped if relay.conf says so \
            (action in [suppression]); what is in the queue already is not tried again. The relay must be running; a change \
            is on disk before the command answers.
            """,
        subcommands: [
            SuppressionListCommand.self, SuppressionAddCommand.self, SuppressionRemoveCommand.self,
            SuppressionCheckCommand.self, SuppressionImportCommand.self, SuppressionExportCommand.self,
        ])

    @OptionGroup var options: RelayOptions
}
