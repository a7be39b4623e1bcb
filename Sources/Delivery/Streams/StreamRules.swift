internal import Mail
internal import Upstreams

/// The `[[stream]]` tables: what applies to a stream, by its name.
struct StreamRules {
    private struct Rule {
        let pattern: Glob
        let settings: StreamSettings
        /// Name of the record of streams that there is no room for.
        let sharedName: String
    }

    private let rules: [Rule]
    private let byShared: [String: StreamSettings]
    /// Whether any of them can make mail wait.
    let restrain: Bool

    init(_ settings: [StreamSettings] = []) {
        rules = settings.map { Rule(pattern: Glob($0.name), settings: $0, sharedName: StreamName.other(of: $0.name)) }
        byShared = Dictionary(rules.map { ($0.sharedName, $0.settings) }) { first, _ in first }
        restrain = settings.contains(where: \.isLimit)
    }

    /// The first that fits; nil for none.
    func settings(for name: String) -> StreamSettings? { rule(for: name)?.settings }

    private func rule(for name: String) -> Rule? { rules.first { $0.pattern.matches(name) } }

    // MARK: - Streams that there is no room for

    /// The name of the record that a stream shares with others of its table.
    func sharedName(for name: String) -> String { rule(for: name)?.sharedName ?? StreamName.other }

    /// Whether streams may share a record of this name.
    func isShared(_ name: String) -> Bool { name == StreamName.other || byShared[name] != nil }

    func settings(ofShared name: String) -> StreamSettings? { byShared[name] }
}
