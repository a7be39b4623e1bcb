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
        /// Its quotas are used up until this instant.
        case spent(MonotonicInstant)
        /// Its circuit admits nobody before this instant; nil while a trial is in progress.
        case open(MonotonicInstant?)
        case trialDue
        case throttled(MonotonicInstant)
        case busy
        /// Its last attempt failed, and it already has a message.
        case suspect
        /// The ramp leaves the message to other upstreams.
        case overflow

        /// Whether a ramp counts the message: it might have gone there.
        var isCounted: Bool {
            switch self {
            case .free, .busy, .overflow: true
            case .shut, .spent, .open, .trialDue, .throttled, .suspect: false
            }
        }
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
        /// When the first of them may take a message again: as a trial, or since its quotas are free.
        var trialAt: MonotonicInstant?
        /// Those whose ramps have been asked.
        var ramping = UpstreamSet()
        /// The last upstream examined; in mode `priority`, that is the one in use.
        var last: (index: Int, seen: UpstreamCandidate)?

        /// Whether one of the list works, even if it has no room or no turn.
        var works: Bool { !eligible.isEmpty || trial != nil || fallback != nil || isAnyBusy || turnAt != nil }
    }

    func eligibility(of candidate: UpstreamCandidate) -> Eligibility {
        guard candidate.isEnabled else { return .shut }
        if let free = candidate.spentUntil { return .spent(free) }
        let (admission, load) = (candidate.admission, candidate.load)
        if case .refused(let until) = admission { return .open(until) }
        if let turn = candidate.turnAt {
            // No message waits for the trial of an upstream while another upstream works.
            return admission == .trial ? .open(turn) : .throttled(turn)
        }
        if admission == .trial { return load.isFull ? .open(nil) : .trialDue }
        if load.isStalled || candidate.isSuspect, load.inFlight > 0 { return .suspect }
        if admission == .overflow { return .overflow }
        return load.isBusy ? .busy : .free
    }

    /// Evaluates the list in order; in mode `priority` only up to the first that decides.
    func evaluate(
        _ list: [Int], except lastResort: Int?, of plan: Plan, tried: UpstreamSet,
        _ candidate: (Int) -> UpstreamCandidate
    ) -> Evaluation {
        var evaluation = Evaluation()
        for index in list where index != lastResort && !tried.contains(index) {
            let seen = candidate(index)
            evaluation.last = (index, seen)
            let eligibility = eligibility(of: seen)
            if seen.isRamping, eligibility.isCounted { evaluation.ramping.insert(index) }
            switch eligibility {
            case .free:
                evaluation.eligible.insert(index)
                if plan.mode == .priority { return evaluation }
            case .trialDue:
                evaluation.trial = index
                return evaluation
            case .busy:
                evaluation.isAnyBusy = true
                if seen.isRamping {
                    // Recovering: it gets only its share of the traffic, and no queue forms behind it.
                    evaluation.fallback = evaluation.fallback ?? index
                    continue
                }
                // Load-based modes skip a busy upstream.
                guard plan.overflow != .busy, plan.mode != .leastConnections else { continue }
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
                evaluation.fallback = evaluation.fallback ?? index
            case .open(let until):
                evaluation.isAnyOpen = true
                if let until { evaluation.trialAt = min(evaluation.trialAt ?? until, until) }
            case .shut:
                evaluation.isAnyShut = true
            case .spent(let free):
                evaluation.isAnyShut = true
                evaluation.trialAt = min(evaluation.trialAt ?? free, free)
            }
        }
        return evaluation
    }

    // MARK: - One of several

    /// - Parameter turns: for each upstream, how far smooth weighted round robin is ahead or behind.
    func pick(
        from eligible: UpstreamSet, of list: [Int], _ mode: Route.Mode, _ turns: ArraySlice<Int>,
        _ candidate: (Int) -> UpstreamCandidate
    ) -> Int? {
        var best: Int?
        for index in list where eligible.contains(index) {
            guard let present = best else {
                best = index
                if mode == .priority { break }
                continue
            }
            if isBetter(index, than: present, mode, turns, candidate) { best = index }
        }
        return best
    }

    private func isBetter(
        _ index: Int, than present: Int, _ mode: Route.Mode, _ turns: ArraySlice<Int>,
        _ candidate: (Int) -> UpstreamCandidate
    ) -> Bool {
        switch mode {
        case .priority:
            false
        case .weighted:
            turns[turns.startIndex + index] + weight(of: index)
                > turns[turns.startIndex + present] + weight(of: present)
        case .leastConnections:
            candidate(index).load.inFlight * weight(of: present)
                < candidate(present).load.inFlight * weight(of: index)
        }
    }
}
