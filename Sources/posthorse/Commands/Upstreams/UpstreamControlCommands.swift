import Admin
import ArgumentParser
import Console
import Delivery
import Mail
import Telemetry

/// Options of every command that controls an upstream.
struct UpstreamControlOptions: ParsableArguments {
    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The upstream's name in relay.conf.")
    var name: String

    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false

    /// Carries out the order, and prints the result and how to undo it.
    func run(_ action: UpstreamControl.Action, for duration: Duration? = nil) async throws {
        let relay = try RelayClient(options)
        if dryRun { return try await rehearse(action, for: duration, relay) }
        let seconds = duration.map { Double($0.wholeMilliseconds) / 1000 }
        let order = UpstreamControlDocument(reason: reason.text, forSeconds: seconds)
        let detail = try await relay.control(name, action, order)
        var standardOutput = Output(loss: .ignored)
        if output.json {
            standardOutput.write(try AdminJSON.line(detail))
        } else {
            let answer = UpstreamControlReport(
                action, detail, others: try await relay.list().filter { $0.name != detail.upstream.name },
                now: EventLog.wallClock(), commands: UpstreamCommandLines(relay.place))
            for line in answer.lines { standardOutput.line(line) }
        }
        standardOutput.flush()
        try UpstreamControlReport.check(action, detail)
    }

    /// Prints how the upstream stands, and what the order would do.
    private func rehearse(
        _ action: UpstreamControl.Action, for duration: Duration?, _ relay: RelayClient
    ) async throws {
        let detail = try await relay.detail(of: name)
        var standardOutput = Output()
        if output.json {
            standardOutput.write(try AdminJSON.line(detail))
        } else {
            let rehearsal = UpstreamRehearsal(
                action, detail.upstream, for: duration,
                others: try await relay.list().filter { $0.name != detail.upstream.name })
            for line in rehearsal.lines { standardOutput.line(line) }
        }
        standardOutput.flush()
    }
}

/// Options of time-limited commands.
struct TimeOption: ParsableArguments {
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long, such as 30m or 2h; then the relay undoes it by itself.", valueName: "duration")
    )
    var duration: DurationArgument?

    func validate() throws {
        if let duration, duration.duration > .seconds(UpstreamControlDocument.maxSeconds) {
            throw ValidationError("--for may be at most a year.")
        }
    }
}

/// `posthorse upstream disable`.
struct UpstreamDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Stop all mail and probes to an upstream now.",
        discussion: """
            Mail queued for it goes elsewhere; running attempts finish. Survives a restart of the relay, until \
            enable or the end of --for.
            """)

    @OptionGroup var control: UpstreamControlOptions
    @OptionGroup var time: TimeOption

    func run() async throws { try await control.run(.disable, for: time.duration?.duration) }
}

/// `posthorse upstream drain`.
struct UpstreamDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Give an upstream no new mail; mail already queued for it still goes there.",
        discussion: "Survives a restart of the relay, until enable or the end of --for.")

    @OptionGroup var control: UpstreamControlOptions
    @OptionGroup var time: TimeOption

    func run() async throws { try await control.run(.drain, for: time.duration?.duration) }
}

/// `posthorse upstream enable`.
struct UpstreamEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Let mail go to an upstream again, after disable or drain.",
        discussion:
            "Its circuit stays as it is: one that is open lets mail through when its time has come, or after reset.")

    @OptionGroup var control: UpstreamControlOptions

    func run() async throws { try await control.run(.enable) }
}

/// `posthorse upstream trip`.
struct UpstreamTripCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trip",
        abstract: "Open the circuit of an upstream as if it had failed.",
        discussion: """
            Its mail goes elsewhere for --for, or for open_duration of relay.conf; then one message tries it, and \
            traffic returns step by step. drill does this and watches.
            """)

    @OptionGroup var control: UpstreamControlOptions
    @OptionGroup var time: TimeOption

    func run() async throws { try await control.run(.trip, for: time.duration?.duration) }
}

/// `posthorse upstream reset`.
struct UpstreamResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Close the circuit of an upstream and give it its full share at once.",
        discussion: "If it still fails, the circuit opens again by itself. A disabled upstream stays disabled.")

    @OptionGroup var control: UpstreamControlOptions

    func run() async throws { try await control.run(.reset) }
}

/// `posthorse upstream probe`.
struct UpstreamProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check now whether an upstream works: connect, EHLO, STARTTLS, AUTH; no mail.",
        discussion: "Exits with 0 if it is healthy and with 69 if it is not.")

    @OptionGroup var control: UpstreamControlOptions

    func run() async throws { try await control.run(.probe) }
}
