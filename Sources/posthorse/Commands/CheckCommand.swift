import Admin
import ArgumentParser
import Configuration
import Console
import Delivery
import Ingress
import Relay
import Spool

/// `posthorse check`: every problem of relay.conf at once.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate relay.conf and print every problem with its line.",
        discussion: """
            Exits with 78 if the file cannot be used; warnings alone are not a failure. With [cluster] it connects to the \
            database and says what is wrong with it, as warnings: the file may be right while the database is away. \
            "posthorse doctor" fails then.
            """)

    @OptionGroup var options: ConfigOption
    @Flag(help: "Do not connect to the database of [cluster].")
    var offline = false
    @OptionGroup var output: JSONOption

    func run() throws {
        // Nobody but this command waits for a pipe, and only for one that was named to it.
        var (configuration, problems) = RelayConfiguration.check(
            path: options.path, isPipeAllowed: options.config != nil)
        let database = offline ? nil : configuration.flatMap { Relay.examineDatabase($0, from: options.path) }
        problems += (database?.problems ?? []).map(\.asWarning)
        var standardOutput = Output()
        for problem in problems {
            standardOutput.write(output.json ? try AdminJSON.line(problem) : Printable.line("\(problem)") + "\n")
        }
        if let configuration, !output.json {
            if let summary = database?.summary { standardOutput.line(Printable.line(summary)) }
            standardOutput.line("\(options.path) is good: \(configuration.outline)")
        }
        standardOutput.flush()
        if configuration == nil { throw Failure(.configuration, "") }
    }
}

extension ConfigurationProblem {
    fileprivate var asWarning: ConfigurationProblem {
        var problem = self
        problem.severity = .warning
        return problem
    }
}

extension RelayConfiguration {
    /// `1 listener, 2 upstreams, spool in /var/lib/posthorse`
    var outline: String {
        let listeners = Quantity.count(ingress.listeners.count, "listener")
        let upstreams = Quantity.count(delivery.upstreams.count, "upstream")
        let place = cluster.map { "spool in a database, as node \($0.node)" } ?? "spool in \(spool.path)"
        return "\(listeners), \(upstreams), \(place)"
    }
}
