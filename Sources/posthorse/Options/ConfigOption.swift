import ArgumentParser
import Configuration
import Console

/// The option common to all commands.
struct ConfigOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Configuration file; by default ./relay.conf, else /etc/posthorse/relay.conf.", valueName: "file"))
    var config: String?

    /// The file named or found, as an absolute path.
    var path: String { Invocation.current.absolute(config ?? RelayConfiguration.defaultPath()) }

    /// Loads the configuration; throws a ``Failure`` that names every problem.
    func load() throws(Failure) -> RelayConfiguration {
        try loadWithWarnings().configuration
    }

    /// The same, with its warnings.
    func loadWithWarnings() throws(Failure) -> (configuration: RelayConfiguration, warnings: [ConfigurationProblem]) {
        let (configuration, problems) = RelayConfiguration.check(path: path)
        guard let configuration else {
            throw Failure(.configuration, "\(path) cannot be used\n\(ConfigurationProblems(problems))")
        }
        return (configuration, problems)
    }
}

/// Options of commands that talk to a running relay.
struct RelayOptions: ParsableArguments {
    @OptionGroup var options: ConfigOption
    @OptionGroup var location: LocationOptions
}

/// The option of commands with machine-readable output.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON, one object per line.")
    var json = false
}
