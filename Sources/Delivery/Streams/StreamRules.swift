internal import Upstreams

/// The `[[stream]]` tables: what applies to a stream, by its name.
struct StreamRules {
    private let rules: [(pattern: Glob, settings: StreamSettings)]
    /// Whether any of them can make mail wait.
    let restrain: Bool

    init(_ settings: [StreamSettings] = []) {
        rules = settings.map { (Glob($0.name), $0) }
        restrain = settings.contains(where: \.isLimit)
    }

    /// The first that fits; nil for none.
    func settings(for name: String) -> StreamSettings? { rules.first { $0.pattern.matches(name) }?.settings }
}
