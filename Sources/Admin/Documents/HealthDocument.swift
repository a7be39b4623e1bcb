/// Whether the relay does its work; the names are those of the JSON.
package struct HealthDocument: Hashable, Sendable, Codable {
    /// `ok` or `failing`.
    package var status: String
    /// A sentence for each thing that keeps the relay from its work.
    package var problems: [String]

    package init(problems: [String] = []) {
        status = problems.isEmpty ? "ok" : "failing"
        self.problems = problems
    }

    package var isHealthy: Bool { problems.isEmpty }
}

/// The answer to a request that could not be served.
package struct ErrorDocument: Hashable, Sendable, Codable {
    package var error: String

    package init(_ error: String) {
        self.error = error
    }
}
