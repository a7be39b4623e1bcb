import ArgumentParser
import Console

/// What the parser says too late, or not at all: that an option does not exist, or is given twice.
struct OptionCheck {
    /// Those before a bare `--`, without values.
    private let options: [String]
    private let words: [String]

    init(_ arguments: [String]) {
        let all = arguments.prefix { $0 != "--" }
        options = all.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
        words = all.filter { !$0.hasPrefix("-") }
    }

    /// Groups of commands that are about what their options say.
    private static let groups: Set = ["queue", "history", "audit", "suppression", "events", "webhook", "round-trip"]

    /// Options that may be given several times. `queue …` has words of its own for `--recipient`, where it may not.
    private static let repeatable: [String: Set<String>] = [
        "queue": ["--recipient"], "events": ["--type"], "round-trip": ["--name", "--upstream"],
    ]

    /// An option given twice: only the last one would count, and the command would be about something else.
    var repetition: Failure? {
        guard let group = words.first(where: { Self.groups.contains($0) }) else { return nil }
        let many = Self.repeatable[group] ?? []
        let once = options.filter { !many.contains($0) }
        guard let twice = once.first(where: { option in once.count { $0 == option } > 1 }) else { return nil }
        return Failure(.usage, "\(twice) is given twice: give it once")
    }

    /// The sentence about the first option that the command does not have; nil if it has them all.
    var complaint: String? {
        let command = command
        let known = Self.options(of: command)
        guard let unknown = options.first(where: { !known.contains($0) }) else { return nil }
        let likely = known.filter { $0.hasPrefix(unknown) || unknown.hasPrefix($0) }
        let hint = likely.count == 1 ? " Did you mean '\(likely[0])'?" : ""
        return "Unknown option '\(unknown)'.\(hint)"
    }

    private var command: any ParsableCommand.Type {
        var command: any ParsableCommand.Type = Posthorse.self
        for word in words {
            let next = command.configuration.subcommands.first { $0.configuration.commandName == word }
            command = next ?? command
        }
        return command
    }

    /// As its help shows them.
    private static func options(of command: any ParsableCommand.Type) -> [String] {
        let help = Posthorse.helpMessage(for: command, columns: 1000)
        return help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
            let names = line.drop { $0 == " " }.split(separator: "  ").first ?? ""
            return names.matches(of: #/--[a-z0-9][a-z0-9-]*/#).map { String($0.output) }
        }
    }
}
