package import Configuration

/// What a reload has changed, or would; property names match the JSON.
package struct ReloadDocument: Hashable, Sendable, Codable {
    /// Every difference, also those that need a restart.
    package var changed: [ConfigurationChange]
    /// The keys among them that come into force only when the relay is started again.
    package var needsRestart: [String]
    /// Warnings about the file.
    package var problems: [ConfigurationProblem]

    private enum CodingKeys: String, CodingKey {
        case changed, problems
        case needsRestart = "needs_restart"
    }

    package init(changed: [ConfigurationChange], problems: [ConfigurationProblem]) {
        self.changed = changed
        self.problems = problems
        needsRestart = changed.filter(\.needsRestart).map(\.key)
    }
}

/// A relay.conf that cannot be used: nothing has changed.
package struct UnusableConfiguration: Error, Hashable, Sendable {
    /// At least one of them is an error.
    package let problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// RFC 9457.
    var document: ProblemDocument {
        let errors = problems.filter { $0.severity == .error }
        var document = ProblemDocument(
            status: 422, title: "Unprocessable Content",
            detail: "nothing has changed, since relay.conf cannot be used: "
                + errors.map(\.description).joined(separator: "; "))
        document.problems = problems
        return document
    }
}
