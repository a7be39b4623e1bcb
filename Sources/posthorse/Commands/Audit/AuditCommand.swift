import ArgumentParser

/// `posthorse audit`: who has decided what.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show and verify the audit log: what people and the relay have decided.",
        discussion: """
            Asks the running relay; if none is running, reads the files audit.log and audit.key in its data directory.
            """,
        subcommands: [AuditListCommand.self, AuditVerifyCommand.self])

    @OptionGroup var options: RelayOptions
}
