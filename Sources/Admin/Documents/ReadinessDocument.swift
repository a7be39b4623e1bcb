/// Whether the relay takes mail, part by part; property names match the JSON.
package struct ReadinessDocument: Hashable, Sendable, Codable {
    package struct Part: Hashable, Sendable, Codable {
        package var name: String
        package var ok: Bool
        /// Whether mail is refused, or not taken, without this part.
        package var needed: Bool
        /// What is wrong; nil if nothing is.
        package var detail: String?

        package init(_ name: String, needed: Bool = true, problem: String? = nil) {
            (self.name, self.needed) = (name, needed)
            ok = problem == nil
            detail = problem
        }
    }

    /// `ready` or `not_ready`.
    package var status: String
    package var parts: [Part]

    package init(_ parts: [Part]) {
        self.parts = parts
        status = parts.allSatisfy { $0.ok || !$0.needed } ? "ready" : "not_ready"
    }

    package var isReady: Bool { status == "ready" }
}
