import Admin
import ArgumentParser
import Console
import Mail
import Suppression

/// `posthorse suppression remove`.
struct SuppressionRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Let mail go out to addresses again.",
        discussion: """
            Removes the suppressions of these patterns, for all routes or for --route, and forgets the bounces of these \
            addresses. A pattern covers no others: removing bob@example.com does not help while @example.com is suppressed; \
            suppression check says so.

            With --source, --match, --since, --route or --all instead of patterns, the command asks for confirmation and \
            says how many suppressions there are; without a terminal, it needs --yes. Exits with 64 if it cannot ask, 66 if a named \
            pattern is not suppressed, and 75 if the answer was no.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var change: SuppressionChangeOptions
    @OptionGroup var filter: SuppressionFilterOptions

    @Flag(help: "Every suppression.")
    var all = false
    @Flag(help: "Do not ask for confirmation.")
    var yes = false
    @Argument(help: "bob@example.com, @example.com, @*.example.com, or bob@*.")
    var patterns: [String] = []

    func validate() throws {
        if patterns.isEmpty, filter.isEmpty, change.route == nil, !all {
            throw ValidationError("Name patterns, or give --source, --match, --since, --route or --all.")
        }
        if !patterns.isEmpty, !filter.isEmpty || all {
            throw ValidationError("--source, --match, --since and --all are for changes without patterns.")
        }
        if all, !filter.isEmpty || change.route != nil { throw ValidationError("--all goes with nothing else.") }
    }

    func run() async throws {
        let relay = try RelayClient(options)
        var document = SuppressionOrderDocument()
        (document.route, document.reason, document.dryRun) = (change.route, change.reason, change.dryRun)
        guard patterns.isEmpty else {
            document.patterns = patterns
            let missing = try await SuppressionResults(isJSON: output.json, isRehearsal: change.dryRun)
                .run(document, at: AdminPath.suppressionRemoval, relay)
            guard missing.isEmpty else {
                throw Failure(.noSuchMessage, missing.map(words(aboutMissing:)).joined(separator: "\n"))
            }
            return
        }
        (document.source, document.match, document.all) = (filter.source?.rawValue, filter.match, all)
        document.since = filter.since?.moment.rfc3339
        try await removeAll(document, relay)
    }

    private func words(aboutMissing pattern: String) -> String {
        guard let route = change.route else { return "\(pattern) is not suppressed" }
        return
            "\(pattern) is not suppressed for route \(route) alone; \"suppression list --match \(pattern)\" says for "
            + "which routes it is"
    }

    private func removeAll(_ document: SuppressionOrderDocument, _ relay: RelayClient) async throws {
        var document = document
        if !change.dryRun {
            document.dryRun = true
            let count = try await number(document, relay)
            document.dryRun = false
            if count > 0 {
                try Consent.ask(
                    "This would remove \(Quantity.grouped(count)) \(count == 1 ? "suppression" : "suppressions").",
                    isGiven: yes)
            }
        }
        let count = try await number(document, relay)
        var standardOutput = Output(loss: .ignored)
        if output.json {
            standardOutput.write("{\"removed\":\(count)}\n")
        } else {
            let words = "\(Quantity.grouped(count)) \(count == 1 ? "suppression" : "suppressions")"
            standardOutput.line(change.dryRun ? "\(words) would be removed." : "\(words) removed.")
        }
        standardOutput.flush()
    }

    private func number(_ document: SuppressionOrderDocument, _ relay: RelayClient) async throws -> Int {
        try await relay.ask(isPatient: true) {
            try await $0.post(document, to: AdminPath.suppressionRemoval, for: SuppressionRemovalDocument.self)
        }.removed
    }
}
