/// How one of the upstreams of a route is chosen.
extension UpstreamSelector {
    /// What the choice needs of a route, without its names.
    struct Plan: Sendable {
        let mode: Route.Mode
        let overflow: Route.Overflow
        let upstreams: [Int]
        /// Nil where it is one of the list.
        let lastResort: Int?

        init(_ route: Route) {
            mode = route.mode
            overflow = route.overflow
            upstreams = route.upstreams
            lastResort = route.lastResort.flatMap { route.upstreams.contains($0) ? nil : $0 }
        }
    }

    /// What stands against the use of an upstream for one message, if anything does.
    enum Eligibility {
        case free
        /// The operator keeps mail from it.
        case shut
        /// Its circuit lets nobody in before the moment; nil while a trial is under way.
        case open(MonotonicInstant?)
        case trialDue
        case throttled(MonotonicInstant)
        case busy
        /// It has failed last, and has a message already.
        case suspect
        /// The ramp leaves the message to others.
        case overflow
    }

    /// What was seen of a list.
    struct Evaluation {
        /// Those that may take the message.
        var eligible = UpstreamSet()
        /// The first that lets a message try.
        var trial: Int?
        /// The first that is used only where there is no other.
        var fallback: Int?
        var isAnyBusy = false
        var isAnyShut = false
        /// When the first of those has a turn whose rates are used up.
        var turnAt: MonotonicInstant?
        var isAnyOpen = false
        var trialAt: MonotonicInstant?
        /// Those whose ramps have been asked.
        var ramping = UpstreamSet()

        /// Whether one of the list works, though it may not have room or a turn.
        var works: Bool { !eligible.isEmpty || trial != nil || fallback != nil || isAnyBusy || turnAt != nil }
    }

    func eligibility(of index: Int, now: MonotonicInstant, load: Load) -> Eligibility {
        guard load.isEnabled else { return .shut }
        let admission = circuits[index].admission(now: now)
        if case .refused(let until) = admission { return .open(until) }
        if let turn = throttles[index].nextAllowed(now: now) {
            // Nobody waits for the trial of an upstream while another works.
            return admission == .trial ? .open(turn) : .throttled(turn)
        }
        if admission == .trial { return load.isFull ? .open(nil) : .trialDue }
        if load.isStalled || circuits[index].isSuspect, load.inFlight > 0 { return .suspect }
        if admission == .overflow { return .overflow }
        return load.isBusy ? .busy : .free
    }

    /// Looks at the list in its order; in mode `priority` no further than to the first that decides.
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
                    // Half healed: its part of the traffic is what it can take, and no line stands behind it.
                    noteRamp(of: index, in: &evaluation)
                    evaluation.fallback = evaluation.fallback ?? index
                    continue
                }
                // Who goes by load has no use for one that is busy.
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

    /// - Parameter turns: what smooth weighted round robin is ahead or behind with each upstream.
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
