import Admin
import ArgumentParser
import Console
import NIOCore

/// `posthorse suppression import`.
struct SuppressionImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add the suppressions of a file.",
        discussion: """
            Takes what suppression export writes, CSV with a header (pattern, or email or address, and reason, source, \
            added_at, expires_at, route, added_by), a plain list of patterns, or lines of JSON with these names. All of a \
            file is added, or nothing: every line that is not right is named, and the command exits with 65. Suppressions \
            that are there already become as in the file.

            A file with patterns that stand for more than one address, such as @example.com, needs confirmation, or --yes.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var change: SuppressionChangeOptions
    @OptionGroup var expiry: SuppressionExpiryOption

    @Flag(help: "Do not ask for confirmation.")
    var yes = false
    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        let relay = try RelayClient(options)
        let moment = expiry.moment
        let rehearsed = try await send(relay, isRehearsal: true, moment)
        var result = rehearsed
        if !change.dryRun {
            if rehearsed.wide > 0 { try Consent.ask(question(rehearsed), isGiven: yes) }
            result = try await send(relay, isRehearsal: false, moment)
        }
        var standardOutput = Output(loss: .ignored)
        standardOutput.write(output.json ? try AdminJSON.line(result) : "\(summary(result))\n")
        standardOutput.flush()
    }

    private func send(
        _ relay: RelayClient, isRehearsal: Bool, _ moment: String?
    ) async throws -> SuppressionImportDocument {
        let path = AdminPath.suppressionImport([
            ("reason", change.reason), ("route", change.route), ("expires_at", moment),
            ("dry_run", isRehearsal ? "true" : nil),
        ])
        do {
            let input = try InputFile(file)
            return try await relay.ask(isPatient: true) {
                try await $0.upload(
                    to: path, length: input.size, of: "text/plain", for: SuppressionImportDocument.self
                ) { try input.next() }
            }
        } catch let failure as Failure where failure.status == .badInput {
            let lines = failure.message.split(separator: "\n").map { "\(file): \($0)" }
            throw Failure(.badInput, (lines + ["nothing has changed"]).joined(separator: "\n"))
        }
    }

    private func question(_ result: SuppressionImportDocument) -> String {
        "This would suppress \(count(result.added + result.replaced)), \(Quantity.grouped(result.wide)) of them for more "
            + "than one address."
    }

    private func summary(_ result: SuppressionImportDocument) -> String {
        let verb = change.dryRun ? "would be added" : "added"
        let rest = [(result.replaced, "replaced"), (result.expired, "left out because they are over")]
            .filter { $0.0 > 0 }.map { ", \(Quantity.grouped($0.0)) \($0.1)" }
        return "\(count(result.added)) \(verb)\(rest.joined())."
    }

    private func count(_ number: Int) -> String {
        "\(Quantity.grouped(number)) \(number == 1 ? "suppression" : "suppressions")"
    }
}
