import Admin
import ArgumentParser
import Configuration
import Console
import Delivery
import Ingress
import Spool

/// `posthorse check`: every problem of relay.conf at once.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate relay.conf and print every problem with its line.",
        discussion: "Exits with 78 if the file cannot be used; warnings alone are not a failure.")

    @OptionGroup var options: ConfigOption
    @OptionGroup var output: JSONOption

    func run() throws {
        // Nobody but this command waits for a pipe, and only for one that was named to it.
        let (configuration, problems) = RelayConfiguration.check(
            path: options.path, isPipeAllowed: options.config != nil)
        var standardOutput = Output()
        for problem in problems {
            standardOutput.write(output.json ? try AdminJSON.line(problem) : Printable.line("\(problem)") + "\n")
        }
        if let configuration, !output.json { standardOutput.line(summary(configuration)) }
        standardOutput.flush()
        if configuration == nil { throw Failure(.configuration, "") }
    }

    private func summary(_ configuration: RelayConfiguration) -> String {
        let listeners = Quantity.count(configuration.ingress.listeners.count, "listener")
        let upstreams = Quantity.count(configuration.delivery.upstreams.count, "upstream")
        return "\(options.path) is good: \(listeners), \(upstreams), spool in \(configuration.spool.path)"
    }
}
