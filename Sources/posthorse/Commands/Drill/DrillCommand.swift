import Admin
import ArgumentParser
import Configuration
import Console
import Delivery
import Drill
import Glibc
import Mail
import Telemetry
import Upstreams

/// `posthorse drill`: deliberate failover and failback.
struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Trip an upstream of the running relay on purpose, and watch failover and failback.",
        discussion: """
            Opens the circuit of one upstream for a while, watches how mail goes on through the others and how the \
            traffic comes back, and reports times, counts and a verdict. Mail must be coming in for a verdict. Ctrl-C \
            ends it; an upstream that has not come back by then is reset, so that the drill leaves nothing behind.

            --lost-mail rehearses what replies do not tell, with a relay of the drill's own, and leaves the running one alone.

            Exits with 0 passed, 1 failed, 75 inconclusive or refused.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Upstream to trip; by default the first one with its full share.", valueName: "name"))
    var upstream: String?
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long no mail goes there.", valueName: "duration"))
    var duration = DurationArgument(.seconds(30))
    @Option(
        help: ArgumentHelp(
            "How long to watch at most; enough for the whole ramp if not given.", valueName: "duration"))
    var watch: DurationArgument?
    @OptionGroup var reason: ReasonOption
    @OptionGroup var lostMail: LostMailOptions
    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    func validate() throws {
        if lostMail.lostMail, upstream != nil || watch != nil || dryRun {
            throw ValidationError("--lost-mail brings its own upstreams: it takes no --upstream, --watch or --dry-run.")
        }
        if duration.duration > .seconds(86_400) { throw ValidationError("--for may be at most a day.") }
        if let watch, watch.duration <= duration.duration {
            throw ValidationError("--watch must be longer than --for (\(duration.defaultValueDescription)).")
        }
    }

    func run() async throws {
        if lostMail.lostMail { return try await loseMail() }
        let relay = try RelayClient(options)
        let settings = relay.place.configuration?.delivery ?? DeliverySettings()
        let plan = try DrillPlan(try await relay.list(), wanted: upstream, routes: settings.routes)
        let watch = watch?.duration ?? Drill.wholeRamp(settings, after: duration.duration)
        let consent = DrillConsent(plan: plan, duration: duration.duration, watch: watch)
        if dryRun { return consent.show() }
        try consent.ask(isGiven: yes)
        let (drill, duration) = (self.drill(relay, plan.target), self.duration.duration)
        let report = try await uninterrupted { try await drill.run(plan.target, for: duration, watch: watch) }
        try show(report, report.verdict) { DrillPage(terminal: $0).lines(report) }
    }

    private func loseMail() async throws {
        let stage = LostMailStage(lostMail.settings)
        let (settings, isQuiet) = (lostMail.settings, output.json)
        let drill = LossDrill(stage: stage, clock: Self.clock) { event in
            guard !isQuiet else { return }
            Self.tell(LossPage(terminal: .plain).line(event, target: stage.target))
        }
        let report = try await uninterrupted { try await drill.run(settings) }
        try show(report, report.verdict) { LossPage(terminal: $0).lines(report) }
    }

    private func drill(_ relay: RelayClient, _ target: String) -> Drill {
        Drill(relay: relay, clock: Self.clock, reason: reason.text, progress: progress(target))
    }

    private static let clock = DrillClock(now: { EventLog.wallClock() }, sleep: { try await Task.sleep(for: $0) })

    private func progress(_ target: String) -> @Sendable (DrillEvent) -> Void {
        guard !output.json else { return { _ in } }
        let page = DrillPage(terminal: .plain)
        return { Self.tell(page.line($0, target: target)) }
    }

    private static func tell(_ line: String) {
        var standardError = Output(descriptor: STDERR_FILENO)
        standardError.line(line)
        standardError.flush()
    }

    /// Signals end the drill, not the process, so that it can undo its changes.
    private func uninterrupted<Report: Sendable>(
        _ body: @escaping @Sendable () async throws -> Report
    ) async throws -> Report {
        let task = Task { try await body() }
        let watch = SignalWatch([SIGINT, SIGTERM, SIGHUP]) { task.cancel() }
        defer { watch.cancel() }
        return try await task.value
    }

    private func show(
        _ report: some Encodable, _ verdict: DrillReport.Verdict, _ lines: (Terminal) -> [String]
    ) throws {
        var standardOutput = Output(loss: .ignored)
        if output.json {
            standardOutput.write(try AdminJSON.line(report))
        } else {
            for line in lines(.current()) { standardOutput.line(line) }
        }
        standardOutput.flush()
        switch verdict {
        case .passed: break
        case .failed: throw ExitCode(1)
        case .inconclusive: throw Failure(.tryAgain, "")
        }
    }
}
