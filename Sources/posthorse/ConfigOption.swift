import ArgumentParser
import Configuration

/// The option that every command takes.
struct ConfigOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration; ./relay.conf or /etc/posthorse/relay.conf if not given.", valueName: "file"))
    var config: String?

    /// The file that is meant.
    var path: String { config ?? RelayConfiguration.defaultPath() }

    /// Reads the configuration; throws a ``Failure`` that names every problem.
    func load() throws -> RelayConfiguration {
        do {
            return try RelayConfiguration.load(path: path)
        } catch {
            throw Failure(.configuration, "\(path) cannot be used\n\(error)")
        }
    }
}

/// The option of commands that can answer for programs.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON, one object per line.")
    var json = false
}
