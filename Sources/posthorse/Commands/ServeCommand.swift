import Mail
import ArgumentParser
import Console
import Relay

/// `posthorse serve`: the relay itself.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the relay in the foreground; the log goes to standard error.")

    @OptionGroup var options: ConfigOption

    func run() async throws {
        Relay.ignoreSignals()
        let (configuration, warnings) = try options.loadWithWarnings()
        do {
            try await Relay.run(configuration, from: options.path, warnings: warnings, version: Posthorse.version)
        } catch let error as RelayError {
            throw Failure(error.code == .configuration ? .configuration : .tryAgain, error.message)
        }
    }
}
