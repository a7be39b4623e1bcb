internal import RoundTrips

/// What a look finds about round trips. Each path is a subject.
extension AlertRule {
    func roundTrips(_ facts: AlertFacts) -> [String: AlertObservation] {
        let found = facts.roundTrips.filter { isAbout($0, facts) }.map { ($0.subject, Self.roundTrip($0)) }
        return Dictionary(found) { first, _ in first }
    }

    /// What goes as routed may go through any upstream.
    private func isAbout(_ trip: RoundTripFacts, _ facts: AlertFacts) -> Bool {
        trip.path.upstream.map { isAbout($0, facts) } ?? (upstream == nil && route == nil)
    }

    private static func roundTrip(_ facts: RoundTripFacts) -> AlertObservation {
        guard let verdict = facts.verdict else { return .unknown }
        guard let trouble = facts.trouble else { return .clear(facts.arrival) }
        var labels = ["round_trip": facts.path.trip, "mailbox": facts.path.mailbox, "state": verdict.rawValue]
        labels["upstream"] = facts.path.upstream
        return .holds(AlertReport(trouble + (facts.cause.map { ": \(AlertWords.quotation($0))" } ?? ""), labels))
    }
}
