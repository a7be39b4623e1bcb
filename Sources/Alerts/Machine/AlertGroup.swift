internal import Mail

/// One alert, and how it stands about each of its subjects.
package struct AlertGroup: Hashable, Sendable {
    /// Subjects that follow the first within this time are told together.
    package static let gathering = Duration.seconds(5)

    package var rule: AlertRule
    package internal(set) var standings: [String: AlertStanding] = [:]
    /// When somebody was last told that something begins.
    var toldAt: Timestamp?

    package init(_ rule: AlertRule) {
        self.rule = rule
    }

    /// Takes what a look has found.
    ///
    /// - Parameter gone: why a subject that was not found has ended.
    /// - Returns: what is to be told.
    mutating func look(
        _ found: [String: AlertObservation], gone: String, isSilenced: Bool, now: Timestamp
    ) -> [AlertNotice] {
        let ended = apply(found, gone, now)
        return resolved(ended, isSilenced) + begun(isSilenced: isSilenced, now) + repeated(isSilenced: isSilenced, now)
    }

    // MARK: What holds

    /// - Returns: those that have ended and had been told, with how it is instead.
    private mutating func apply(
        _ found: [String: AlertObservation], _ gone: String, _ now: Timestamp
    ) -> [String: AlertStanding] {
        var ended: [String: AlertStanding] = [:]
        let isBlind = !found.isEmpty && found.values.allSatisfy { $0 == .unknown }
        for (subject, standing) in standings {
            guard let observation = found[subject] else {
                if !isBlind { end(subject, standing, gone, &ended) }
                continue
            }
            switch standing.look(observation, rule, now: now) {
            case .standing(let next): standings[subject] = next
            case .forgotten: standings[subject] = nil
            case .ended: end(subject, standing, observation.words ?? gone, &ended)
            }
        }
        for (subject, observation) in found where standings[subject] == nil && ended[subject] == nil {
            standings[subject] = AlertStanding.begin(observation, rule, now: now)
        }
        return ended
    }

    private mutating func end(
        _ subject: String, _ standing: AlertStanding, _ text: String, _ ended: inout [String: AlertStanding]
    ) {
        standings[subject] = nil
        guard standing.toldAt != nil || standing.isLogged else { return }
        var last = standing
        last.report.text = text
        ended[subject] = last
    }

    // MARK: What is told

    private func resolved(_ ended: [String: AlertStanding], _ isSilenced: Bool) -> [AlertNotice] {
        // Whoever was told that it began is told that it is over, silence or not.
        let (told, logged) = (ended.filter { $0.value.toldAt != nil }, ended.filter { $0.value.toldAt == nil })
        let notices = Self.grouped(told) { $0.aware.sorted() }.map { sinks, subjects in
            var notice = notice(.resolved, subjects)
            notice?.sinks = sinks
            return notice
        }
        return (notices + [notice(.resolved, logged, isSilenced: true)]).compactMap(\.self)
    }

    /// Subjects of which the same people are told, together.
    private static func grouped(
        _ standings: [String: AlertStanding], by sinks: (AlertStanding) -> [String]
    ) -> [([String], [String: AlertStanding])] {
        var groups: [[String]: [String: AlertStanding]] = [:]
        for (subject, standing) in standings { groups[sinks(standing), default: [:]][subject] = standing }
        return groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    private mutating func begun(isSilenced: Bool, _ now: Timestamp) -> [AlertNotice] {
        // What is over already, though perhaps not for long enough, is no news.
        let new = standings.filter { $0.value.isFiring && $0.value.toldAt == nil }
        guard !isSilenced else {
            let unlogged = new.filter { !$0.value.isLogged }
            for subject in unlogged.keys { standings[subject]?.isLogged = true }
            return [notice(.firing, unlogged, isSilenced: true)].compactMap(\.self)
        }
        if let toldAt, now - toldAt < Self.gathering, now >= toldAt { return [] }
        let late = joined(now)
        guard !new.isEmpty else { return late }
        tell(new.keys, now)
        toldAt = now
        return late + [notice(.firing, new)].compactMap(\.self)
    }

    /// Whoever is to be told since relay.conf was read again hears of what fires already.
    private mutating func joined(_ now: Timestamp) -> [AlertNotice] {
        let known = standings.filter { $0.value.isFiring && $0.value.toldAt != nil }
        let late = Self.grouped(known) { standing in rule.notify.filter { !standing.sinks.contains($0) } }
            .filter { !$0.0.isEmpty }
        return late.compactMap { sinks, subjects in
            for (subject, standing) in subjects {
                standings[subject]?.sinks.formUnion(sinks)
                if standing.sinks.isEmpty { standings[subject]?.toldAt = now }
            }
            var notice = notice(.firing, subjects)
            notice?.sinks = sinks
            notice?.isLogged = true
            return notice
        }
    }

    /// If one is due, all are told, so that they stay together.
    private mutating func repeated(isSilenced: Bool, _ now: Timestamp) -> [AlertNotice] {
        guard rule.again > .zero, !isSilenced else { return [] }
        let firing = standings.filter { $0.value.isFiring && $0.value.toldAt != nil }
        guard firing.values.contains(where: { $0.toldAt.map { now - $0 >= rule.again } ?? false }) else { return [] }
        let known = Self.grouped(firing) { standing in rule.notify.filter { !standing.unaware.contains($0) } }
        let missed = Self.grouped(firing) { standing in rule.notify.filter { standing.unaware.contains($0) } }
        tell(firing.keys, now)
        return known.compactMap { again($0.1, $0.0) }
            + missed.filter { !$0.0.isEmpty }.compactMap { sinks, subjects in
                // To them it is the first time.
                var notice = notice(.firing, subjects)
                notice?.sinks = sinks
                notice?.isLogged = true
                return notice
            }
    }

    private func again(_ subjects: [String: AlertStanding], _ sinks: [String]) -> AlertNotice? {
        var notice = notice(.firing, subjects)
        notice?.sinks = sinks
        notice?.isRepeated = true
        return notice
    }

    private mutating func tell(_ subjects: some Sequence<String>, _ now: Timestamp) {
        for subject in Array(subjects) {
            standings[subject]?.toldAt = now
            standings[subject]?.isLogged = true
            standings[subject]?.sinks.formUnion(rule.notify)
            standings[subject]?.unaware.subtract(rule.notify)
        }
    }

    // MARK: Who knows

    /// Somebody could not be told that it fires about these subjects.
    mutating func missed(_ sink: String, _ subjects: [String]) {
        for subject in subjects where standings[subject]?.sinks.contains(sink) == true {
            standings[subject]?.unaware.insert(sink)
        }
        forgetOthers()
    }

    /// Goes on where another group of the same alert was.
    mutating func go(on standings: [String: AlertStanding], toldAt: Timestamp?) {
        (self.standings, self.toldAt) = (standings, toldAt)
        forgetOthers()
    }

    /// Who knows nothing and is not to be told any more is told at once when relay.conf names him again.
    private mutating func forgetOthers() {
        for (subject, standing) in standings {
            let others = standing.unaware.subtracting(rule.notify)
            guard !others.isEmpty else { continue }
            standings[subject]?.sinks.subtract(others)
            standings[subject]?.unaware.subtract(others)
        }
    }

    private func notice(
        _ status: AlertNotice.Status, _ standings: [String: AlertStanding], isSilenced: Bool = false
    ) -> AlertNotice? {
        guard !standings.isEmpty else { return nil }
        let subjects = standings.sorted { $0.key < $1.key }.map { name, standing in
            AlertNotice.Subject(name: name, since: standing.since, report: standing.report)
        }
        var notice = AlertNotice(rule, status, subjects)
        notice.isSilenced = isSilenced
        return notice
    }
}

extension AlertObservation {
    /// How it is instead, if it is clear.
    fileprivate var words: String? {
        switch self {
        case .clear(let text): text
        case .holds, .unknown: nil
        }
    }
}

extension AlertStanding {
    fileprivate var isFiring: Bool {
        switch phase {
        case .firing: true
        case .pending, .clearing: false
        }
    }
}
