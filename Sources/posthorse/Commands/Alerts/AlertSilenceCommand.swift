import Admin
import ArgumentParser
import Configuration
import Console
import Mail

/// `posthorse alert silence`.
struct AlertSilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence",
        abstract: "Tell nobody of an alert for a while.",
        discussion: """
            It is looked at all the same, and stands in the log. Whoever was told that it fires is still told when it is over. \
            If it fires at the end of the silence, that is told then. Survives a restart of the relay.
            """)

    @OptionGroup var order: AlertOrderOptions
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long, such as 30m or 8h.", valueName: "duration"))
    var duration = DurationArgument(AlertOrderDocument.usual)

    func validate() throws {
        guard (Duration.seconds(1)...(.seconds(UpstreamControlDocument.maxSeconds))).contains(duration.duration) else {
            throw ValidationError("--for must be from one second to a year.")
        }
    }

    func run() async throws {
        let seconds = Double(duration.duration.wholeMilliseconds) / 1000
        try await order.run(.silence, for: seconds) { alert in
            guard !order.dryRun else {
                return "Nobody would be told of \(alert.name) for \(DurationText.format(duration.duration)); "
                    + "it is \(alert.state)."
            }
            return "Nobody is told of \(alert.name) until \(alert.silence?.until ?? "-"); it is \(alert.state)."
        }
    }
}

/// `posthorse alert unsilence`.
struct AlertUnsilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unsilence",
        abstract: "End the silence of an alert.",
        discussion: "If it fires, that is told at once. Exits with 66 if the alert is not silenced.")

    @OptionGroup var order: AlertOrderOptions

    func run() async throws {
        let former = try await order.ask(AlertOrderDocument(dryRun: true), .unsilence)
        guard former.silence != nil else { throw Failure(.noSuchMessage, "\(order.name) is not silenced") }
        try await order.run(.unsilence) { alert in
            let told = alert.notify.isEmpty ? "the log only" : alert.notify.joined(separator: ", ")
            return "\(alert.name) \(order.dryRun ? "would be" : "is") told to \(told) again; it is \(alert.state)."
        }
    }
}
