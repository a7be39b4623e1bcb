package import Mail

/// All upstreams with their circuits and throttles, and the routes; decides where a message goes.
package struct UpstreamSelector: Sendable {
    /// Current state of an upstream besides its circuit.
    package struct Load: Hashable, Sendable {
        /// Whether the operator allows mail to it.
        package var isEnabled: Bool
        /// Messages queued and in flight.
        package var inFlight: Int
        /// Whether as many are queued as its sessions can use.
        package var isBusy: Bool
        /// Whether all its sessions have been silent for too long after a final dot.
        package var isStalled: Bool
        /// Whether all its sessions are silent and no more may be opened.
        package var isFull: Bool

        package init(
            isEnabled: Bool = true, inFlight: Int = 0, isBusy: Bool = false, isStalled: Bool = false,
            isFull: Bool = false
        ) {
            self.isEnabled = isEnabled
            self.inFlight = inFlight
            self.isBusy = isBusy
            self.isStalled = isStalled
            self.isFull = isFull
        }
    }

    /// The configuration of one upstream.
    package struct Member: Hashable, Sendable {
        package var circuit: Circuit.Settings
        package var maxRate: Rate?
        /// At least 1.
        package var weight: Int

        package init(circuit: Circuit.Settings, maxRate: Rate? = nil, weight: Int = 1) {
            self.circuit = circuit
            self.maxRate = maxRate
            self.weight = weight
        }
    }

    package var circuits: [Circuit]
    package var throttles: [Throttle]
    package let routes: RouteTable
    private let weights: [Int]
    private let plans: [Plan]
    /// For each route in mode `weighted`, how far each upstream is behind its share: one row of all upstreams per
    /// route.
    private var turns: [Int]

    /// - Parameter members: in order of priority; 1 to 64.
    package init(_ members: [Member], routes: RouteTable, now: MonotonicInstant) {
        precondition(members.count <= UpstreamSet.capacity, "at most \(UpstreamSet.capacity) upstreams")
        self.routes = routes
        self.circuits = members.map { Circuit(settings: $0.circuit) }
        self.throttles = members.map { Throttle(limit: $0.maxRate, now: now) }
        self.weights = members.map { max(1, $0.weight) }
        self.plans = routes.routes.map(Plan.init)
        self.turns = Array(repeating: 0, count: members.count * routes.routes.count)
    }

    func weight(of index: Int) -> Int { weights[index] }

    /// Chooses for one message, and takes from the throttle of the upstream that is chosen.
    ///
    /// An upstream is skipped while the operator has disabled it, while its circuit is open, if its ramp leaves the
    /// message to another, while it is suspect and already has a message, and when its rate is used up, unless the
    /// route says to wait for it. One skipped because of its ramp or as suspect is used anyway if no other is left. The
    /// route's last resort is used when none of its list works: all are open, disabled, or have failed this message.
    ///
    /// Among the eligible upstreams, mode `priority` takes the first; mode `weighted` gives each its exact share
    /// (smooth weighted round robin); mode `least_connections` takes the one with the fewest messages relative to its
    /// weight, the first among equals. In every mode, an upstream that accepts a trial gets this message if it comes
    /// before the one to be used.
    ///
    /// The message waits if the chosen upstream is busy or has to wait for its rate; nothing has been taken or counted
    /// then, and asking again is free. A message that some upstream has failed does not wait for open circuits but goes
    /// back to its schedule.
    ///
    /// - Parameters:
    ///   - route: index into the routes.
    ///   - candidates: the only upstreams that may be used, in order; nil for those of the route.
    ///   - tried: the upstreams that have failed this message in the current cycle.
    ///   - load: for each upstream.
    package mutating func choose(
        route: Int, among candidates: [Int]? = nil, tried: UpstreamSet, now: MonotonicInstant, load: (Int) -> Load
    ) -> UpstreamChoice {
        let plan = plans[route]
        let list = candidates ?? plan.upstreams
        let evaluation = evaluate(list, except: plan.lastResort, of: plan, tried: tried, now: now, load: load)
        if evaluation.works { return take(evaluation, list, route, now: now, load: load) }
        var last = Evaluation()
        if let resort = plan.lastResort, candidates?.contains(resort) ?? true {
            last = self.evaluate([resort], except: nil, of: plan, tried: tried, now: now, load: load)
            if last.works { return take(last, [resort], route, now: now, load: load) }
        }
        guard tried.isEmpty, evaluation.isAnyOpen || evaluation.isAnyShut || last.isAnyOpen || last.isAnyShut else {
            return .exhausted
        }
        return .wait(until: [evaluation.trialAt, last.trialAt].compactMap { $0 }.min())
    }

    /// Uses the best of those evaluated, or waits for it.
    private mutating func take(
        _ evaluation: Evaluation, _ list: [Int], _ route: Int, now: MonotonicInstant, load: (Int) -> Load
    ) -> UpstreamChoice {
        if let index = evaluation.trial {
            commit(evaluation, index, now: now)
            return .tryOut(index)
        }
        let row = route * weights.count
        let best = pick(
            from: evaluation.eligible, of: list, plans[route].mode, turns[row..<row + weights.count], load: load)
        guard let index = best ?? evaluation.fallback else { return .wait(until: evaluation.turnAt) }
        if let turn = throttles[index].nextAllowed(now: now) { return .wait(until: turn) }
        if load(index).isBusy { return .wait(until: nil) }
        commit(evaluation, index, now: now)
        if best != nil, plans[route].mode == .weighted { count(index, of: evaluation.eligible, row) }
        return .use(index)
    }

    private mutating func commit(_ evaluation: Evaluation, _ index: Int, now: MonotonicInstant) {
        throttles[index].take(now: now)
        guard !evaluation.ramping.isEmpty else { return }
        for index in circuits.indices where evaluation.ramping.contains(index) { _ = circuits[index].admit(now: now) }
    }

    /// Smooth weighted round robin: all advance by their weights, and the chosen one goes back by the sum.
    private mutating func count(_ used: Int, of eligible: UpstreamSet, _ row: Int) {
        for index in weights.indices where eligible.contains(index) {
            turns[row + index] += weights[index]
            turns[row + used] -= weights[index]
        }
    }
}
