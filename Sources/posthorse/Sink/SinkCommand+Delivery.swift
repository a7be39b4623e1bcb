import ArgumentParser
import Sink

/// Mailboxes of `posthorse sink`.
struct SinkDeliveryOptions: ParsableArguments {
    @Option(
        name: .customLong("imap"),
        help: ArgumentHelp(
            """
            Deliver what is taken into mailboxes in memory, and serve them by IMAP here: one for each recipient, whose \
            address is the user name.
            """, valueName: "address"))
    var imap: String?
    @Option(
        name: .customLong("imap-password-file"),
        help: ArgumentHelp(
            "File with the password of all mailboxes, read at each login; without it any is right.", valueName: "file"))
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "Deliver what is taken by SMTP to a sink with --imap, which listens here.", valueName: "address"))
    var deliverTo: String?

    func apply(to settings: inout SinkSettings) throws {
        settings.destination = try destination()
        let phases = settings.faults.map(\.phase) + (settings.delay.map { [$0.phase] } ?? [])
        guard settings.destination != nil || !phases.contains(.delivery) else {
            throw ValidationError("Faults at delivery need --imap or --deliver-to.")
        }
    }

    private func destination() throws -> SinkDestination? {
        guard imap == nil || deliverTo == nil else {
            throw ValidationError("--imap has the mailboxes here, --deliver-to elsewhere: give one of them.")
        }
        guard let imap else {
            guard passwordFile == nil else { throw ValidationError("--imap-password-file needs --imap.") }
            return try deliverTo.map { text in
                let (host, port) = try SinkCommand.address(text, "--deliver-to")
                return .relay(host: host, port: port)
            }
        }
        let (host, port) = try SinkCommand.address(imap, "--imap")
        return .mailboxes(host: host, port: port, passwordFile: passwordFile)
    }
}
