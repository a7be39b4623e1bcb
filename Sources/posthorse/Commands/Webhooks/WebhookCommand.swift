import ArgumentParser

/// `posthorse webhook`: what applications have been told, and have not.
struct WebhookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "See to events that applications did not get.",
        discussion: """
            Each [[webhook]] of relay.conf hears what became of mail. An event that its receiver does not take is tried \
            again, and given up after some attempts or some time: then it is dead, and waits for an operator. The relay \
            must be running; a change is on disk before the command answers.
            """,
        subcommands: [WebhookListCommand.self, WebhookResendCommand.self, WebhookDropCommand.self])

    @OptionGroup var options: RelayOptions
}
