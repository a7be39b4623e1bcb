import ArgumentParser

/// `posthorse user`: users whose mail is guarded.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "See to users whose mail is guarded.",
        discussion: """
            A [[user]] with guard = "slow" or "hold" is watched: mail that is far from usual is taken slowly, or held. The \
            relay must be running.
            """,
        subcommands: [UserListCommand.self, UserTrustCommand.self])

    @OptionGroup var options: RelayOptions
}
