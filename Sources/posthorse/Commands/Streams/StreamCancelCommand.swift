import Admin
import ArgumentParser
import Console
import Mail
import NIOCore

/// `posthorse stream cancel`.
struct StreamCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Remove what waits of a stream from the queue, silently or with bounces.",
        discussion: """
            Each message with a recipient of the stream is dropped, as queue drop does it; this cannot be undone. The command \
            asks for confirmation and says how many there are; without a terminal, it needs --yes. New mail of the stream \
            goes out, or waits if it is paused: pause it first.

            Exits with 0 if everything is done or nothing waited, 64 if it cannot ask, 66 if nothing is known of a stream \
            of that name, and 75 if a message could not be changed now or the answer was no.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Bounce to each sender, except null senders and those who asked for no notice.")
    var bounce = false
    @Flag(help: "Print how many messages it would drop, and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask for confirmation.")
    var yes = false
    @Option(help: ArgumentHelp("How long to wait for attempts that run.", valueName: "duration"))
    var wait = DurationArgument(.seconds(10))
    @Argument(help: "Name of the stream.")
    var name: String

    func validate() throws {
        guard wait.duration > QueueOrderDocument.maxWait else { return }
        throw ValidationError("--wait may be at most \(QueueOrderDocument.maxWait.components.seconds)s.")
    }

    func run() async throws {
        let relay = try RelayClient(options)
        let found = try await count(relay)
        guard !dryRun else { return try show(found) }
        guard found.messages > 0 else {
            if !output.json { Self.print(Printable.line("Nothing of \(name) is in the queue.")) }
            return
        }
        try Consent.ask(prospect(found), isGiven: yes)
        try await carryOut(relay)
    }

    /// What waits now.
    private func count(_ relay: RelayClient) async throws -> StreamCancelDocument {
        let document = StreamOrderDocument(dryRun: true)
        return try await relay.ask(isPatient: true) {
            try await $0.post(document, to: AdminPath.streamOrder(name, .cancel), for: StreamCancelDocument.self)
        }
    }

    private func carryOut(_ relay: RelayClient) async throws {
        let document = StreamOrderDocument(
            reason: reason.text, bounce: bounce, waitSeconds: Double(wait.duration.wholeMilliseconds) / 1000)
        var outcome = QueueOrderOutcome(.drop, isBulk: true, bounces: bounce)
        var standardOutput = Output(loss: .ignored)
        try await relay.forEachLine(posting: document, to: AdminPath.streamOrder(name, .cancel)) { line in
            try outcome.add(line)
            guard output.json else { return }
            standardOutput.write(octets: line.readableBytesView)
            standardOutput.write("\n")
        }
        if !output.json { standardOutput.line(outcome.summary) }
        standardOutput.flush()
        try outcome.check()
    }

    private func show(_ found: StreamCancelDocument) throws {
        guard !output.json else { return Self.print(try AdminJSON.line(found), isLine: false) }
        Self.print(prospect(found))
    }

    private func prospect(_ found: StreamCancelDocument) -> String {
        Printable.line(
            StreamRehearsal.cancellation(of: name, found.messages, found.recipients, bounces: bounce))
    }

    private static func print(_ text: String, isLine: Bool = true) {
        var standardOutput = Output()
        if isLine { standardOutput.line(text) } else { standardOutput.write(text) }
        standardOutput.flush()
    }
}
