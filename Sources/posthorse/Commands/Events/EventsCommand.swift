import Admin
import ArgumentParser
import Console
import Dispatch
import Glibc
import Mail
import NIOCore
import Telemetry

/// `posthorse events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what happens, or has just happened, event by event.",
        discussion: """
            Prints the last events that the running relay still has, some thousands of them, as lines of its log. With \
            --follow, prints those that happen from now on (or from --since on) until Ctrl-C, and comes back by itself \
            when the relay restarts. Standard error says what is missing.

            An event matches if it has every field that is asked for: "--sender" is in events about accepting a message, \
            "--recipient" and "--upstream" are in events about delivering it, "--queue-id" is in both.

            Moments: \(MomentArgument.help).
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Flag(name: .shortAndLong, help: "Go on with what happens next.")
    var follow = false
    @Option(help: ArgumentHelp("Only events at this moment or later.", valueName: "moment"))
    var since: MomentArgument?
    @Option(
        help: ArgumentHelp("Only events of this name, such as delivered; may be repeated.", valueName: "name"),
        transform: { try EventsCommand.checked($0, EventQuestion.type) })
    var type: [String] = []
    @Option(
        help: ArgumentHelp("Only events of this level and above: info, notice, warning or error.", valueName: "level"),
        transform: { try EventsCommand.checked($0, EventQuestion.level) })
    var level: LogLevel?
    @Option(help: ArgumentHelp("Only events about this message.", valueName: "id"), transform: QueueID.argument)
    var queueID: QueueID?
    @Option(help: ArgumentHelp("Only events about this upstream; \"*\" stands for any text.", valueName: "name"))
    var upstream: String?
    @Option(
        help: ArgumentHelp("Only events whose sender contains this; \"<>\" is the empty sender.", valueName: "text"))
    var sender: String?
    @Option(help: ArgumentHelp("Only events with a recipient that contains this.", valueName: "text"))
    var recipient: String?

    private static func checked<Value>(
        _ text: String, _ check: (String) throws(AdminError) -> Value
    ) throws -> Value {
        do throws(AdminError) {
            return try check(text)
        } catch {
            throw ValidationError(error.message)
        }
    }

    func validate() throws {
        let words = [("--upstream", upstream), ("--sender", sender), ("--recipient", recipient)]
        if let empty = words.first(where: { $0.1?.isEmpty == true }) { throw ValidationError("\(empty.0) is empty.") }
    }

    func run() async throws {
        let (relay, question) = (try RelayClient(options), self.question)
        let page = EventPage(isJSON: output.json, terminal: .current())
        guard follow else { return try await show(question, relay, page) }
        let task = Task { try await EventFollower(relay: relay, question: question, page: page).run() }
        let watch = SignalWatch([SIGINT, SIGTERM, SIGHUP]) {
            task.cancel()
            // Whoever does not read the output must not keep it from ending.
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { Glibc.exit(0) }
        }
        defer { watch.cancel() }
        try await task.value
    }

    private func show(_ question: EventQuestion, _ relay: RelayClient, _ page: EventPage) async throws {
        var (standardOutput, isEmpty, thread) = (Output(), true, EventThread())
        repeat {
            let lastID = thread.lastID
            try await relay.ask { client in
                try await client.followEvents(at: AdminPath.events(question), after: lastID) { events in
                    _ = thread.isBack(with: events)
                    for line in events.compactMap(page.line) {
                        standardOutput.line(line)
                        isEmpty = false
                    }
                }
            }
        } while thread.isDropped
        if isEmpty, !output.json { standardOutput.line("No events.") }
        standardOutput.flush()
    }

    private var question: EventQuestion {
        var question = EventQuestion()
        (question.types, question.level, question.queueID) = (type, level, queueID)
        (question.upstream, question.sender, question.recipient) = (upstream, sender, recipient)
        (question.since, question.follows) = (since?.moment, follow)
        question.format = output.json ? .json : .text
        return question
    }
}
