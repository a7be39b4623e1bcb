import Admin
import ArgumentParser

/// The option of every command that changes something.
struct ReasonOption: ParsableArguments {
    @Option(name: .customLong("reason"), help: ArgumentHelp("Why, for the log.", valueName: "text"))
    var text: String?

    func validate() throws {
        if let text, text.count > UpstreamControlDocument.maxReason {
            throw ValidationError("--reason may have at most \(UpstreamControlDocument.maxReason) characters.")
        }
    }
}
