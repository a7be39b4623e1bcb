import Admin
import ArgumentParser
import Console
import NIOCore

/// `posthorse suppression add`.
struct SuppressionAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Send no more mail to an address, a domain, or a local part.",
        discussion: """
            One that is there already gets the new reason and end. Exits with 64 if a pattern is none, and then nothing is \
            added.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var change: SuppressionChangeOptions
    @OptionGroup var expiry: SuppressionExpiryOption

    @Argument(help: "bob@example.com, @example.com, @*.example.com, or bob@*.")
    var patterns: [String]

    func run() async throws {
        var document = SuppressionOrderDocument()
        document.patterns = patterns
        (document.route, document.reason, document.expiresAt) = (change.route, change.reason, expiry.moment)
        document.dryRun = change.dryRun
        _ = try await SuppressionResults(isJSON: output.json, isRehearsal: change.dryRun)
            .run(document, at: AdminPath.suppressionAddition, RelayClient(options))
    }
}

/// Prints the result of a change, pattern by pattern.
struct SuppressionResults {
    let isJSON: Bool
    let isRehearsal: Bool

    /// - Returns: the patterns for which there was nothing to do.
    func run(_ document: SuppressionOrderDocument, at path: String, _ relay: RelayClient) async throws -> [String] {
        var standardOutput = Output(loss: .ignored)
        var missing: [String] = []
        try await relay.forEachLine(posting: document, to: path) { line in
            let result = try AdminJSON.decode(SuppressionResultDocument.self, from: line)
            if result.result == "missing" { missing.append(result.pattern) }
            if isJSON {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else if result.result != "missing" {
                standardOutput.line(Printable.line("\(result.pattern) \(words(result.result))"))
            }
        }
        standardOutput.flush()
        return missing
    }

    private func words(_ result: String) -> String { isRehearsal ? "would be \(result)" : result }
}
