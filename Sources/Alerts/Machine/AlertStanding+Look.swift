internal import Mail

extension AlertStanding {
    enum Step: Hashable {
        /// Nothing stands any more, and nobody needs to know.
        case forgotten
        /// It is over.
        case ended
        case standing(AlertStanding)
    }

    /// The standing of a subject that had none; nil if it has none now.
    static func begin(_ observation: AlertObservation, _ rule: AlertRule, now: Timestamp) -> AlertStanding? {
        guard case .holds(let report) = observation else { return nil }
        return AlertStanding(phase: .pending(since: now), report: report).promoted(rule, now)
    }

    /// What a look makes of it.
    func look(_ observation: AlertObservation, _ rule: AlertRule, now: Timestamp) -> Step {
        switch observation {
        case .unknown: .standing(self)
        case .holds(let report): .standing(holding(report, rule, now))
        case .clear(let text): cleared(text, rule, now)
        }
    }

    private func holding(_ report: AlertReport, _ rule: AlertRule, _ now: Timestamp) -> AlertStanding {
        var next = self
        next.report = report
        if case .clearing(let since, _) = phase { next.phase = .firing(since: since) }
        return next.promoted(rule, now)
    }

    private func promoted(_ rule: AlertRule, _ now: Timestamp) -> AlertStanding {
        guard case .pending(let since) = phase, now - since >= rule.holdTime else { return self }
        var next = self
        next.phase = .firing(since: since)
        return next
    }

    private func cleared(_ text: String, _ rule: AlertRule, _ now: Timestamp) -> Step {
        var next = self
        switch phase {
        case .pending: return .forgotten
        case .firing(let since): next.phase = .clearing(since: since, over: now)
        case .clearing: break
        }
        guard case .clearing(_, let over) = next.phase, now - over >= rule.clearHold else { return .standing(next) }
        return .ended
    }
}
