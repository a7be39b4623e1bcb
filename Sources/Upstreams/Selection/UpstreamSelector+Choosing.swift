/// Choosing among the upstreams of a route.
extension UpstreamSelector {
    /// The parts of a route needed for the choice, without names.
    struct Plan: Sendable {
        let mode: Route.Mode
        let overflow: Route.Overflow
        let upstreams: [Int]
        /// Nil if it is already in the list.
        let lastResort: Int?

        init(_ route: Route) {
            mode = route.mode
            overflow = route.overflow
            upstreams = route.upstreams
            lastResort = route.lastResort.flatMap { route.upstreams.contains($0) ? nil : $0 }
        }
    }

    /// Why an upstream cannot take a message, if it cannot.
    enum Eligibility {
        case free
        /// The operator has disabled it.
        case shut
        /// Its circuit admits nobody before this instant; nil while a trial is in progress.
        case open(MonotonicInstant?)
        case trialDue
        case throttled(MonotonicInstant)
        case busy
        /// Its last attempt failed, and it already has a message.
        case suspect
        /// The ramp leaves the message to other upstreams.
        case overflow
    }

    /// The result of evaluating a list.
    struct Evaluation {
        /// Those that may take the message.
        var eligible = UpstreamSet()
        /// The first that accepts a trial.
        var trial: Int?
        /// The first that is used only if there is no other.
        var fallback: Int?
        var isAnyBusy = false
        var isAnyShut = false
        /// Earliest turn among those that have used up their rates.
        var turnAt: MonotonicInstant?
        var isAnyOpen = false
        var trialAt: MonotonicInstant?
        /// Those whose ramps have been asked.
        var ramping = UpstreamSet()

        /// Whether one of the list works, even if it has no room or no turn.
        var works: Bool { !eligible.isEmpty || trial != nil || fallback != nil || isAnyBusy || turnAt != nil }
    }

    func eligibility(of index: Int, now: MonotonicInstant, load: Load) -> Eligibility {
        guard load.isEnabled else { return .shut }
        let admission = circuits[index].admission(now: now)
        if case .refused(let until) = admission { return .open(until) }
        if let turn = throttles[index].nextAllowed(now: now) {
            // No message waits for the trial of an upstream while another upstream works.
            return admission == .trial ? .open(turn) : .throttled(turn)
        }
        if admission == .trial { return load.isFull ? .open(nil) : .trialDue }
        if load.isStalled || circuits[index].isSuspect, load.inFlight > 0 { return .suspect }
        if admission == .overflow { return .overflow }
        return load.isBusy ? .busy : .free
    }

    /// Evaluates the list in order; in mode `priority` only up to the first that decides.
    func evaluate(
        _ list: [Int], except lastResort: Int?, of plan: Plan, tried: UpstreamSet, now: MonotonicInstant,
        load: (Int) -> Load
    ) -> Evaluation {
        var evaluation = Evaluation()
        for index in list where index != lastResort && !tried.contains(index) {
            switch eligibility(of: index, now: now, load: load(index)) {
            case .free:
                noteRamp(of: index, in: &evaluation)
                evaluation.eligible.insert(index)
                if plan.mode == .priority { return evaluation }
            case .trialDue:
                evaluation.trial = index
                return evaluation
            case .busy:
                evaluation.isAnyBusy = true
                if circuits[index].nextStepAt != nil {
                    // Recovering: it gets only its share of the traffic, and no queue forms behind it.
                    noteRamp(of: index, in: &evaluation)
                    evaluation.fallback = evaluation.fallback ?? index
                    continue
                }
                // Load-based modes skip a busy upstream.
                guard plan.overflow != .busy, plan.mode != .leastConnections else { continue }
                noteRamp(of: index, in: &evaluation)
                evaluation.eligible.insert(index)
                if plan.mode == .priority { return evaluation }
            case .throttled(let turn):
                evaluation.turnAt = min(evaluation.turnAt ?? turn, turn)
                guard plan.overflow == .wait else { continue }
                evaluation.eligible.insert(index)
                if plan.mode == .priority { return evaluation }
            case .suspect:
                evaluation.fallback = evaluation.fallback ?? index
            case .overflow:
                noteRamp(of: index, in: &evaluation)
                evaluation.fallback = evaluation.fallback ?? index
            case .open(let until):
                evaluation.isAnyOpen = true
                if let until { evaluation.trialAt = min(evaluation.trialAt ?? until, until) }
            case .shut:
                evaluation.isAnyShut = true
            }
        }
        return evaluation
    }

    private func noteRamp(of index: Int, in evaluation: inout Evaluation) {
        if circuits[index].nextStepAt != nil { evaluation.ramping.insert(index) }
    }

    // MARK: - One of several

    /// - Parameter turns: for each upstream, how far smooth weighted round robin is ahead or behind.
    func pick(
        from eligible: UpstreamSet, of list: [Int], _ mode: Route.Mode, _ turns: ArraySlice<Int>, load: (Int) -> Load
    )
        -> Int?
    {
        var best: Int?
        for index in list where eligible.contains(index) {
            guard let present = best else {
                best = index
                if mode == .priority { break }
                continue
            }
            if isBetter(index, than: present, mode, turns, load: load) { best = index }
        }
        return best
    }

    private func isBetter(
        _ index: Int, than present: Int, _ mode: Route.Mode, _ turns: ArraySlice<Int>, load: (Int) -> Load
    ) -> Bool {
        switch mode {
        case .priority:
            false
        case .weighted:
            turns[turns.startIndex + index] + weight(of: index)
                > turns[turns.startIndex + present] + weight(of: present)
        case .leastConnections:
            load(index).inFlight * weight(of: present) < load(present).inFlight * weight(of: index)
        }
    }
}
