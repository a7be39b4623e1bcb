/// One error or doubtful setting in relay.conf: where, what, and how to fix it.
package struct ConfigurationProblem: Error, Hashable, Codable, CustomStringConvertible {
    package enum Severity: String, Hashable, Sendable, Codable {
        /// The file cannot be used.
        case error
        /// The file can be used, but probably does not do what was intended.
        case warning
    }

    package var severity: Severity
    /// The path as it was given.
    package var file: String
    /// Starts at 1; nil if the problem has no place in the file.
    package var line: Int?
    /// `upstream.address`; nil if the problem is not about one key.
    package var key: String?
    /// What is wrong.
    package var message: String
    /// The remedy, as an instruction or a question.
    package var remedy: String?

    package init(
        _ severity: Severity = .error, file: String, line: Int? = nil, key: String? = nil, message: String,
        remedy: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.remedy = remedy
    }

    /// One line: `relay.conf:12: upstream.adress: unknown key; did you mean "address"?`
    package var description: String {
        var text = file + ":"
        if let line { text += "\(line):" }
        if severity == .warning { text += " warning:" }
        if let key { text += " \(key):" }
        text += " " + message
        if let remedy { text += "; " + remedy }
        return text
    }
}

/// All problems that keep a relay.conf from being used, by line; never empty.
package struct ConfigurationProblems: Error, Hashable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One line per problem.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

extension [ConfigurationProblem] {
    package var hasErrors: Bool { contains { $0.severity == .error } }

    /// In file order; those without a line come first.
    var sortedByLine: [ConfigurationProblem] {
        enumerated().sorted { left, right in
            (left.element.line ?? 0, left.offset) < (right.element.line ?? 0, right.offset)
        }.map(\.element)
    }
}
