package import Mail

/// All upstreams with their circuits and throttles, and the routes: decides where a message goes.
package struct UpstreamSelector: Sendable {
    /// What is known of an upstream at this instant beside its circuit.
    package struct Load: Hashable, Sendable {
        /// Whether the operator lets mail go there.
        package var isEnabled: Bool
        /// Messages lined up and under way.
        package var inFlight: Int
        /// Whether as many are lined up as its sessions can use.
        package var isBusy: Bool
        /// Whether all of its sessions have been silent for longer than they should after a final dot.
        package var isStalled: Bool
        /// Whether they are so, and there may be no more of them.
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

    /// One upstream's part of the configuration.
    package struct Member: Hashable, Sendable {
        package var circuit: Circuit.Settings
        package var maxRate: Rate?
        /// 1 or more.
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
    /// By how much each upstream is behind its part, for each route in mode `weighted`: one row of all upstreams a route.
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
    /// An upstream is passed over while the operator keeps mail from it, while its circuit is open, where the ramp leaves
    /// the message to another, while it is suspect and has a message already, and when its rate is used up, unless the
    /// route says to wait for it. One that is passed over for the ramp or as suspect is used all the same where no other
    /// is left. The route's last resort is used when none of its list works: when all are open, kept from mail, or have failed
    /// this message.
    ///
    /// Of those that may take the message it is the first in mode `priority`; in mode `weighted` each gets its part exactly
    /// (smooth weighted round robin); in mode `least_connections` it is the one with the fewest messages for its weight, and
    /// of equal ones the first. In every mode an upstream that lets one message try gets this one, if it comes before one that
    /// is used.
    ///
    /// The message waits when the one to be used is busy or has to wait for its rate; nothing has been taken or counted then,
    /// and it may be asked for again as often as one likes. A message that some upstream has failed does not wait for open
    /// circuits: it goes back to its schedule.
    ///
    /// - Parameters:
    ///   - route: index into the routes.
    ///   - candidates: the only upstreams that may be used, in order; nil for those of the route.
    ///   - tried: the upstreams that have failed this message in the present cycle.
    ///   - load: of each upstream.
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

    /// Uses the best of those that were seen, or waits for it.
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

    /// Smooth weighted round robin: all come closer by their weights, and the one that is used goes back by the sum.
    private mutating func count(_ used: Int, of eligible: UpstreamSet, _ row: Int) {
        for index in weights.indices where eligible.contains(index) {
            turns[row + index] += weights[index]
            turns[row + used] -= weights[index]
        }
    }
}
