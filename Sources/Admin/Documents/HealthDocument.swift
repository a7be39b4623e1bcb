/// Whether the relay is working; property names match the JSON.
package struct HealthDocument: Hashable, Sendable, Codable {
    /// `ok` or `failing`.
    package var status: String
    /// One sentence for each problem that keeps the relay from working.
    package var problems: [String]

    package init(problems: [String] = []) {
        status = problems.isEmpty ? "ok" : "failing"
        self.problems = problems
    }

    package var isHealthy: Bool { problems.isEmpty }
}
