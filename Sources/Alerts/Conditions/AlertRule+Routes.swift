internal import Mail

/// What a look finds about the routes. Where mail should go is the subject, so that twenty routes of one upstream make one
/// alert.
extension AlertRule {
    /// The routes that the alert is about.
    func routes(of facts: AlertFacts) -> [RouteFacts] {
        facts.routes.filter { found in
            (route.map { $0 == found.name } ?? true)
                && (upstream.map { found.isOrdered ? found.usual == $0 : found.upstreams.contains($0) } ?? true)
        }
    }

    func fallback(_ facts: AlertFacts) -> [String: AlertObservation] {
        byUsual(facts) { routes in
            let carriers = routes.map { ($0, $0.carrier(facts)) }
            let moved = carriers.compactMap { route, carrier in carrier.fallback.map { (route.name, $0) } }
            if let first = moved.first {
                let names = moved.map(\.0).joined(separator: ", ")
                let trouble = facts.upstream(routes[0].upstreams[0])?.trouble ?? "it is gone"
                let text = "mail goes through \(first.1) instead of \(routes[0].usual): \(trouble)"
                return .holds(AlertReport(text, ["routes": names, "carrier": first.1]))
            }
            if carriers.contains(where: { $0.1 == .unknown }) { return .unknown }
            if carriers.contains(where: { $0.1 == .nobody }) { return .clear("no upstream takes mail at all") }
            let trial = carriers.compactMap { $0.1.trial }.first
            return .clear(trial.map(Self.awaiting) ?? "mail goes through \(routes[0].usual) again")
        }
    }

    func failedBack(
        _ facts: AlertFacts, _ trails: [String: RouteTrail], _ now: Timestamp
    ) -> [String: AlertObservation] {
        byUsual(facts) { routes in
            let names = routes.map(\.name).filter { trails[$0]?.hasJustReturned(now: now) ?? false }
            guard !names.isEmpty else { return .clear("that was a while ago, or mail has moved on again") }
            let text = "mail goes through \(routes[0].usual) again"
            return .holds(AlertReport(text, ["routes": names.joined(separator: ", ")]))
        }
    }

    func allDown(_ facts: AlertFacts) -> [String: AlertObservation] {
        let found = routes(of: facts).map { route in
            let observation: AlertObservation =
                switch route.carrier(facts) {
                case .nobody: .holds(AlertReport("no upstream takes mail: \(Self.troubles(of: route, facts))"))
                case .usual: .clear("\(route.usual) takes mail again")
                case .fallback(let name): .clear("\(name) takes mail")
                case .trial(let name): .clear(Self.awaiting(name))
                case .unknown: .unknown
                }
            return (route.name, observation)
        }
        return Dictionary(found) { first, _ in first }
    }

    private static func awaiting(_ name: String) -> String { "\(name) \(UpstreamFacts.awaiting)" }

    private static func troubles(of route: RouteFacts, _ facts: AlertFacts) -> String {
        let names = route.upstreams + (route.lastResort.map { [$0] } ?? [])
        return names.compactMap { facts.upstream($0) }.map { "\($0.name): \($0.trouble)" }.joined(separator: "; ")
    }

    private func byUsual(
        _ facts: AlertFacts, _ look: ([RouteFacts]) -> AlertObservation
    ) -> [String: AlertObservation] {
        Dictionary(grouping: routes(of: facts).filter { !$0.upstreams.isEmpty }, by: \.usual).mapValues(look)
    }
}

extension RouteFacts.Carrier {
    /// Who carries the mail instead of those that should; nil if they do, or nobody does.
    var fallback: String? {
        switch self {
        case .fallback(let name): name
        case .usual, .trial, .nobody, .unknown: nil
        }
    }

    /// Who gets the next message as its trial, where nobody carries the mail.
    var trial: String? {
        switch self {
        case .trial(let name): name
        case .usual, .fallback, .nobody, .unknown: nil
        }
    }
}
