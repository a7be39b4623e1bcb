internal import Mail

/// What of the alerts survives a restart: nobody is told twice that one is firing, and its end is not lost.
package struct AlertMemory: Hashable, Sendable {
    /// One alert. It is kept with who is told, so that its end can be told even if relay.conf has it no longer.
    struct Entry: Hashable, Sendable {
        var name: String
        var kind: AlertKind
        var severity: AlertSeverity
        var notify: [String]
        var toldAt: Timestamp?
        var standings: [String: AlertStanding]
    }

    var entries: [Entry] = []
    var silences: [String: AlertSilence] = [:]
    var trails: [String: RouteTrail] = [:]

    package init() {}

    init(_ groups: [AlertGroup], _ silences: [String: AlertSilence], _ trails: [String: RouteTrail]) {
        entries = groups.filter { !$0.standings.isEmpty }.map { group in
            Entry(
                name: group.rule.name, kind: group.rule.kind, severity: group.rule.weight, notify: group.rule.notify,
                toldAt: group.toldAt, standings: group.standings)
        }
        self.silences = silences
        self.trails = trails.filter { $0.value != RouteTrail() }
    }

    /// What is known of an alert.
    func entry(_ rule: AlertRule) -> Entry? {
        entries.first { $0.name == rule.name && $0.kind == rule.kind }
    }

    /// The alerts that relay.conf no longer has.
    func groups(besides rules: [AlertRule]) -> [AlertGroup] {
        let gone = entries.filter { entry in !rules.contains { $0.name == entry.name && $0.kind == entry.kind } }
        return gone.map { entry in
            var rule = AlertRule(name: entry.name, kind: entry.kind)
            (rule.severity, rule.notify) = (entry.severity, entry.notify)
            var group = AlertGroup(rule)
            (group.standings, group.toldAt) = (entry.standings, entry.toldAt)
            return group
        }
    }
}
