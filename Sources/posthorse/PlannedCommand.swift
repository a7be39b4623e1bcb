import Console

/// Planned commands: using one explains that it does not exist yet, and what to do instead.
enum PlannedCommand {
    /// The alternative for now, by the words of the command; nil for none.
    private static let advice: [String: String?] = [
        "cluster": nil,
        "spool": "the data directory may be copied while the relay does not run",
        "sendmail": "any SMTP client can hand mail in",
        "upgrade": "stop the relay, replace the program, start it again: mail waits in the spool",
        "report": "\"queue stats --json\" and \"upstream list --json\" give figures for a report",
        "completions": "\"posthorse --generate-completion-script bash\" prints them, for zsh and fish too",
    ]

    /// Options before a command that take a value.
    private static let valued: Set = ["--config", "--socket", "--server", "--token-file", "--ca-file"]

    /// Why a command line is not supported yet; nil for any other.
    static func refusal(of arguments: [String]) -> Failure? {
        let words = words(of: arguments)
        guard let name = [words.prefix(2), words.prefix(1)].map({ $0.joined(separator: " ") }).first(where: isPlanned)
        else { return nil }
        let meanwhile = advice[name].flatMap { $0 }.map { "; meanwhile: \($0)" } ?? ""
        return Failure(.usage, "\"\(name)\" is not there yet\(meanwhile)")
    }

    private static func isPlanned(_ name: String) -> Bool { advice.keys.contains(name) }

    /// The first words that are neither options nor their values.
    private static func words(of arguments: [String]) -> [String] {
        var words: [String] = []
        var isValue = false
        for argument in arguments {
            if isValue {
                isValue = false
            } else if valued.contains(argument) {
                isValue = true
            } else if !argument.hasPrefix("-") {
                words.append(argument)
            }
        }
        return words.first == "help" ? Array(words.dropFirst()) : words
    }
}
