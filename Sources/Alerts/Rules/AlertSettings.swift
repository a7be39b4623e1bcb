/// The tables `[alerts]`, `[[alert]]` and `[[notify]]` of relay.conf.
package struct AlertSettings: Hashable, Sendable {
    /// Whether the alerts that every relay has are on.
    package var usesDefaults = true
    /// Who is told of those; empty for the log only.
    package var defaultNotify: [String] = []
    /// As written, with unique names.
    package var own: [AlertRule] = []
    package var sinks: [NotifySettings] = []

    package init() {}

    /// All that are looked at: those of relay.conf, then the usual ones whose names it does not use.
    package var rules: [AlertRule] {
        guard usesDefaults else { return own }
        let taken = Set(own.map(\.name))
        return own
            + AlertRule.defaults.filter { !taken.contains($0.name) }.map { rule in
                var rule = rule
                rule.notify = defaultNotify
                return rule
            }
    }
}
