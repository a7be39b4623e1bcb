import ArgumentParser
import Configuration
import Console

/// The option common to all commands.
struct ConfigOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration; ./relay.conf or /etc/posthorse/relay.conf if not given.", valueName: "file"))
    var config: String?

    /// The file that is meant, from the root.
    var path: String { Invocation.current.absolute(config ?? RelayConfiguration.defaultPath()) }

    /// Loads the configuration; throws a ``Failure`` that names every problem.
    func load() throws(Failure) -> RelayConfiguration {
        try loadWithWarnings().configuration
    }

    /// The same, with what is doubtful in it.
    func loadWithWarnings() throws(Failure) -> (configuration: RelayConfiguration, warnings: [ConfigurationProblem]) {
        let (configuration, problems) = RelayConfiguration.check(path: path)
        guard let configuration else {
            throw Failure(.configuration, "\(path) cannot be used\n\(ConfigurationProblems(problems))")
        }
        return (configuration, problems)
    }
}

/// The option of commands that talk to a running relay.
struct SocketOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The admin socket of the relay; the one that the configuration names if not given.", valueName: "path"))
    var socket: String?
}

/// What commands take that talk to a running relay.
struct RelayOptions: ParsableArguments {
    @OptionGroup var options: ConfigOption
    @OptionGroup var location: SocketOption
}

/// The option of commands with machine-readable output.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON, one object per line.")
    var json = false
}
