import ArgumentParser

/// `posthorse serve`: the relay itself.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the relay in the foreground; the log goes to standard error.")

    @OptionGroup var options: ConfigOption

    func run() async throws {
        _ = try options.load()
        throw Failure(.tryAgain, "this build has no relay in it yet")
    }
}
