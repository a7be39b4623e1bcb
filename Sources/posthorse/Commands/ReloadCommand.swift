import Admin
import ArgumentParser
import Configuration
import Console

/// `posthorse reload`: the running relay reads its relay.conf again.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Put a changed relay.conf into force without a restart, all of it or nothing.",
        discussion: """
            The relay reads the file that it was started with, validates it, and prints what differs from what it runs \
            with. No session and no message is lost. A few keys need a restart: they are named, and the others change. \
            Exits with 78 if the file cannot be used; then nothing has changed.
            """)

    @OptionGroup var options: RelayOptions
    @Flag(help: "Only say what would change.")
    var dryRun = false
    @OptionGroup var reason: ReasonOption
    @OptionGroup var output: JSONOption

    func run() async throws {
        let client = try RelayClient(options)
        let order = ReloadOrderDocument(reason: reason.text, dryRun: dryRun)
        let answer = try await client.ask(isPatient: true) { try await Self.answer(of: $0, to: order) }
        var standardOutput = Output()
        switch answer {
        case .success(let document):
            standardOutput.write(output.json ? try AdminJSON.line(document) : report(document))
            standardOutput.flush()
        case .failure(let unusable):
            standardOutput.write(try lines(unusable.problems))
            standardOutput.flush()
            throw Failure(.configuration, "")
        }
    }

    private static func answer(
        of client: AdminClient, to order: ReloadOrderDocument
    ) async throws -> Result<ReloadDocument, UnusableConfiguration> {
        do {
            return .success(try await client.post(order, to: AdminPath.reload, for: ReloadDocument.self))
        } catch AdminClientError.unusable(_, let problems) {
            return .failure(UnusableConfiguration(problems))
        }
    }

    /// As `check` prints them.
    private func lines(_ problems: [ConfigurationProblem]) throws -> String {
        try problems.map { output.json ? try AdminJSON.line($0) : Printable.line("\($0)") + "\n" }.joined()
    }

    private func report(_ document: ReloadDocument) -> String {
        let changes = document.changed.map { "\($0)" + ($0.needsRestart ? " (needs a restart)" : "") }
        let summary = ReloadSummary(
            changes: document.changed.count, waiting: document.needsRestart.count, isRehearsal: dryRun)
        let lines = document.problems.map(\.description) + changes + [summary.description]
        return lines.map { Printable.line($0) + "\n" }.joined()
    }
}
