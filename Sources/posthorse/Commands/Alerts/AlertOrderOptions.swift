import Admin
import ArgumentParser
import Console

/// What the orders about an alert take.
struct AlertOrderOptions: ParsableArguments {
    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The alert's name, as in \"alert list\".")
    var name: String

    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be done, change nothing, and tell nobody.")
    var dryRun = false

    /// Gives the order, and prints the alert or a sentence about it.
    func run(
        _ action: AlertOrderDocument.Action, for seconds: Double? = nil, _ words: (AlertDocument) -> String
    ) async throws {
        let alert = try await ask(
            AlertOrderDocument(reason: reason.text, forSeconds: seconds, dryRun: dryRun), action)
        var standardOutput = Output(loss: .ignored)
        if output.json {
            standardOutput.write(try AdminJSON.line(alert))
        } else {
            standardOutput.line(Printable.line(words(alert)))
        }
        standardOutput.flush()
    }

    /// - Returns: the alert afterwards.
    func ask(_ order: AlertOrderDocument, _ action: AlertOrderDocument.Action) async throws -> AlertDocument {
        try await RelayClient(options).ask {
            try await $0.post(order, to: AdminPath.alert(name, action), for: AlertDocument.self)
        }
    }
}
