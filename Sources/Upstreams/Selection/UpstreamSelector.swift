/// Decides where a message goes: a policy that owns only the turns of weighted routes. It reads upstreams as
/// ``UpstreamCandidate``; the caller carries out its decisions.
package struct UpstreamSelector: Sendable {
    package let routes: RouteTable
    private let weights: [Int]
    private let plans: [Plan]
    /// For each route in mode `weighted`, how far each upstream is behind its share: one row of all upstreams per
    /// route.
    private var turns: [Int]

    /// - Parameter weights: by index of the upstream, each at least 1.
    package init(weights: [Int], routes: RouteTable) {
        self.routes = routes
        self.weights = weights.map { max(1, $0) }
        self.plans = routes.routes.map(Plan.init)
        self.turns = Array(repeating: 0, count: weights.count * routes.routes.count)
    }

    func weight(of index: Int) -> Int { weights[index] }

    /// Decides by other weights and routes from now on. Where they are the same, so are the turns.
    package mutating func replace(weights: [Int], routes: RouteTable) {
        let next = UpstreamSelector(weights: weights, routes: routes)
        if next.weights != self.weights || next.routes != self.routes { self = next }
    }

    /// Chooses for one message. If an upstream is chosen, the caller takes the message from its throttle, and counts it in
    /// the circuits that ``UpstreamSelection/counted`` names.
    ///
    /// An upstream is skipped while the operator has disabled it, while a quota is used up, while its circuit is open, if
    /// its ramp leaves the message to another, while it is suspect and already has a message, and when its rate is used
    /// up, unless the route says to wait for it. One skipped because of its ramp or as suspect is used anyway if no other
    /// is left. The route's last resort is used when none of its list works: all are open, disabled, without quota, or
    /// have failed this message.
    ///
    /// Among the eligible upstreams, mode `priority` takes the first; mode `weighted` gives each its exact share
    /// (smooth weighted round robin); mode `least_connections` takes the one with the fewest messages relative to its
    /// weight, the first among equals. In every mode, an upstream that accepts a trial gets this message if it comes
    /// before the one to be used.
    ///
    /// The message waits if the chosen upstream is busy or has to wait for its rate; nothing is to be taken or counted
    /// then, and asking again is free. A message that some upstream has failed does not wait for open circuits but goes
    /// back to its schedule.
    ///
    /// - Parameters:
    ///   - route: index into the routes.
    ///   - candidates: the only upstreams that may be used, in order; nil for those of the route.
    ///   - tried: the upstreams that have failed this message in the current cycle.
    ///   - candidate: returns an upstream by index; may be called several times for the same one.
    package mutating func choose(
        route: Int, among candidates: [Int]? = nil, tried: UpstreamSet, candidate: (Int) -> UpstreamCandidate
    ) -> UpstreamSelection {
        let plan = plans[route]
        let list = candidates ?? plan.upstreams
        let evaluation = evaluate(list, except: plan.lastResort, of: plan, tried: tried, candidate)
        if evaluation.works { return take(evaluation, list, route, candidate) }
        var last = Evaluation()
        if let resort = plan.lastResort, candidates?.contains(resort) ?? true {
            last = evaluate([resort], except: nil, of: plan, tried: tried, candidate)
            if last.works { return take(last, [resort], route, candidate) }
        }
        guard tried.isEmpty, evaluation.isAnyOpen || evaluation.isAnyShut || last.isAnyOpen || last.isAnyShut else {
            return UpstreamSelection(.exhausted)
        }
        return UpstreamSelection(.wait(until: [evaluation.trialAt, last.trialAt].compactMap { $0 }.min()))
    }

    /// Uses the best of those evaluated, or waits for it.
    private mutating func take(
        _ evaluation: Evaluation, _ list: [Int], _ route: Int, _ candidate: (Int) -> UpstreamCandidate
    ) -> UpstreamSelection {
        if let index = evaluation.trial { return UpstreamSelection(.tryOut(index), counting: evaluation.ramping) }
        let row = route * weights.count
        let best = pick(
            from: evaluation.eligible, of: list, plans[route].mode, turns[row..<row + weights.count], candidate)
        guard let index = best ?? evaluation.fallback else {
            return UpstreamSelection(.wait(until: evaluation.turnAt))
        }
        let chosen = evaluation.last.flatMap { $0.index == index ? $0.seen : nil } ?? candidate(index)
        if let turn = chosen.turnAt { return UpstreamSelection(.wait(until: turn)) }
        if chosen.load.isBusy { return UpstreamSelection(.wait(until: nil)) }
        if best != nil, plans[route].mode == .weighted { count(index, of: evaluation.eligible, row) }
        return UpstreamSelection(.use(index), counting: evaluation.ramping)
    }

    /// Smooth weighted round robin: all advance by their weights, and the chosen one goes back by the sum.
    private mutating func count(_ used: Int, of eligible: UpstreamSet, _ row: Int) {
        for index in weights.indices where eligible.contains(index) {
            turns[row + index] += weights[index]
            turns[row + used] -= weights[index]
        }
    }
}
