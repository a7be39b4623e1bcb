package import Mail

/// Every alert of the relay, looked at once a second. It knows no clock, no file and nobody to tell: what is to be told
/// is returned.
///
/// `now` is a time by the steady clock, which goes on over restarts and which nobody can set.
package struct AlertMachine: Sendable {
    package private(set) var groups: [AlertGroup]
    /// By the name of the alert.
    package private(set) var silences: [String: AlertSilence] = [:]
    private(set) var trails: [String: RouteTrail] = [:]
    /// Alerts that relay.conf has no longer, and of which somebody has been told.
    private var retired: [AlertGroup] = []
    /// Whether anything has changed that must survive a restart, since ``memory()`` was taken.
    package private(set) var hasNews = false

    package init(_ rules: [AlertRule]) {
        groups = rules.map { AlertGroup($0) }
    }

    // MARK: Looking

    /// Takes the facts of one moment.
    ///
    /// - Returns: what is to be told, in the order of the alerts.
    package mutating func look(_ facts: AlertFacts, now: Timestamp) -> [AlertNotice] {
        expireSilences(now)
        follow(facts, now)
        var notices = retired.flatMap { Self.farewell($0, isSilenced: silences[$0.rule.name] != nil) }
        if !retired.isEmpty { (retired, hasNews) = ([], true) }
        for index in groups.indices {
            let before = groups[index].outline
            let found = found(groups[index], facts, now)
            notices += groups[index].look(
                found, gone: "there is no such subject any more",
                isSilenced: silences[groups[index].rule.name] != nil, now: now)
            if groups[index].outline != before { hasNews = true }
        }
        return notices
    }

    /// What a look finds about every subject that there is by relay.conf.
    private func found(_ group: AlertGroup, _ facts: AlertFacts, _ now: Timestamp) -> [String: AlertObservation] {
        var found = group.rule.observations(facts, trails, now: now)
        for subject in group.standings.keys where found[subject] == nil && group.rule.isExpected(subject, facts) {
            found[subject] = .clear("nothing is known about \(subject)")
        }
        return found
    }

    private mutating func follow(_ facts: AlertFacts, _ now: Timestamp) {
        for route in facts.routes {
            if trails[route.name, default: RouteTrail()].look(route.carrier(facts), now: now) { hasNews = true }
        }
        let names = Set(facts.routes.map(\.name))
        trails = trails.filter { names.contains($0.key) }
    }

    private static func farewell(_ group: AlertGroup, isSilenced: Bool) -> [AlertNotice] {
        var group = group
        return group.look(
            [:], gone: "relay.conf has this alert no longer", isSilenced: isSilenced, now: .distantPast)
    }

    // MARK: Silence

    /// Nobody is told of the alert until then. Those who know that it is firing are still told that it is over.
    package mutating func silence(_ name: String, _ silence: AlertSilence) {
        silences[name] = silence
        hasNews = true
    }

    /// - Returns: the silence that is over now; nil if there was none.
    package mutating func unsilence(_ name: String) -> AlertSilence? {
        let silence = silences.removeValue(forKey: name)
        if silence != nil { hasNews = true }
        return silence
    }

    private mutating func expireSilences(_ now: Timestamp) {
        let left = silences.filter { $0.value.until > now }
        guard left.count != silences.count else { return }
        (silences, hasNews) = (left, true)
    }

    // MARK: Who knows

    /// Somebody was not told that an alert fires, and will not be: he is not told its end either.
    ///
    /// - Parameter subjects: those about which nothing waits for him any more.
    package mutating func missed(_ sink: String, _ alert: String, _ subjects: [String]) {
        for index in groups.indices where groups[index].rule.name == alert { groups[index].missed(sink, subjects) }
        for index in retired.indices where retired[index].rule.name == alert { retired[index].missed(sink, subjects) }
        hasNews = true
    }

    // MARK: Other rules

    /// Takes other rules. One with the name and kind of a former one goes on where that was.
    package mutating func replace(with rules: [AlertRule]) {
        let former = Dictionary(groups.map { ($0.rule.name, $0) }) { first, _ in first }
        groups = rules.map { rule in
            var group = AlertGroup(rule)
            if let known = former[rule.name], known.rule.kind == rule.kind {
                group.go(on: known.standings, toldAt: known.toldAt)
            }
            return group
        }
        let kinds = Dictionary(rules.map { ($0.name, $0.kind) }) { first, _ in first }
        retired += former.values.filter { kinds[$0.rule.name] != $0.rule.kind }
        silences = silences.filter { kinds[$0.key] != nil }
        hasNews = true
    }

    // MARK: Memory

    /// What must survive a restart.
    package mutating func memory() -> AlertMemory {
        hasNews = false
        return AlertMemory(groups + retired, silences, trails)
    }

    /// Goes on where an earlier relay was.
    package mutating func restore(_ memory: AlertMemory) {
        for index in groups.indices {
            guard let entry = memory.entry(groups[index].rule) else { continue }
            groups[index].go(on: entry.standings, toldAt: entry.toldAt)
        }
        retired += memory.groups(besides: groups.map(\.rule))
        silences = memory.silences.filter { name, _ in groups.contains { $0.rule.name == name } }
        trails = memory.trails
    }
}

extension AlertGroup {
    /// Everything but the words and figures, which change with every look.
    fileprivate var outline: [String: AlertStanding] {
        standings.mapValues { standing in
            var outline = standing
            outline.report = AlertReport("")
            return outline
        }
    }
}
