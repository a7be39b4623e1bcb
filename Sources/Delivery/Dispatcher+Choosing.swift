internal import DequeModule
internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Which upstream a message goes to.
extension Dispatcher {
    func isEnabled(_ index: Int) -> Bool { overrides[index].state == .enabled }

    func dispatchAll() {
        wakeAt = nil
        dispatchPinned()
        for job in queue.takeFailingOver() where !dispatch(job) {
            if !queue.keep(job) { conclude(job) }
        }
        for route in selector.routes.candidates.indices { dispatchLine(of: route) }
    }

    /// Sends those on their way that may use few upstreams only; they stand in nobody's way.
    private func dispatchPinned() {
        let jobs = queue.takePinned()
        guard !jobs.isEmpty else { return }
        for job in jobs where !dispatch(job) {
            queue.schedule(job.id, due: now() + Self.pinnedInterval, priority: job.message.priority)
        }
        wakeAt = nil
    }

    private func dispatchLine(of route: Int) {
        queue.setBlocked(false, route: route)
        guard queue.first(route: route) != nil else { return }
        let candidates = selector.routes.candidates[route]
        while let job = queue.first(route: route), candidates.contains(where: { pools[$0].wantsMore }), dispatch(job) {
            queue.removeFirst(route: route)
        }
        splitBlocked(route)
    }

    /// Sends a message on its way; false when it has to wait.
    private func dispatch(_ job: DeliveryJob) -> Bool {
        switch choose(for: job) {
        case .use(let index):
            hand(job, to: pools[index])
        case .tryOut(let index):
            beginTrial(of: index, by: job)
            hand(job, to: pools[index])
        case .wait(let until):
            // One that only waits for room, or for its turn, is tried however old it is.
            if !canMove(job), plan.isExpired(job.message, at: now()) {
                conclude(job)
                return true
            }
            guard let until else { return false }
            wakeAt = min(wakeAt ?? until, until)
            queue.setBlocked(until > instant + .seconds(1), route: job.route)
            return false
        case .exhausted:
            conclude(job)
        }
        return true
    }

    /// - Parameter isMoving: whether another upstream has just failed the message, so that it is taken where it goes though
    ///   many are lined up there.
    private func choose(for job: DeliveryJob, isMoving: Bool = false) -> UpstreamChoice {
        selector.choose(
            route: job.route, among: job.cycle.terms.onlyUpstreams, tried: job.cycle.tried, now: instant
        ) { index in
            UpstreamSelector.Load(
                isEnabled: isEnabled(index), inFlight: pools[index].load,
                isBusy: !isMoving && !pools[index].wantsMore, isStalled: pools[index].isStalled,
                isFull: pools[index].isFull)
        }
    }

    /// Sends a message that an upstream has failed through the next one, at once.
    ///
    /// - Returns: the name of the next upstream; nil when it has to wait, or when the cycle is over.
    @discardableResult
    func redirect(_ job: DeliveryJob) -> String? {
        guard !isStopping, pausedUntil == nil else {
            putBack(job)
            return nil
        }
        switch choose(for: job, isMoving: true) {
        case .use(let index):
            return move(job, to: index)
        case .tryOut(let index):
            beginTrial(of: index, by: job)
            return move(job, to: index)
        case .wait:
            keep(job)
        case .exhausted:
            conclude(job)
        }
        return nil
    }

    private func move(_ job: DeliveryJob, to index: Int) -> String {
        hand(job, to: pools[index])
        pumpSoon()
        return pools[index].settings.name
    }

    func hand(_ job: DeliveryJob, to pool: UpstreamPool) {
        queue.handedOver(job.id)
        pool.add(job)
    }

    /// Lets a message wait in memory for an upstream that works and has no room or no turn for it now.
    private func keep(_ job: DeliveryJob) {
        if !queue.keep(job) { conclude(job) }
        pumpSoon()
    }

    /// Returns a message to the queue as if its cycle had not begun.
    func putBack(_ job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        queue.putBack(job)
    }

    /// - Parameter pool: of the one upstream that is meant; nil for any.
    func endTrialWithoutVerdict(_ job: DeliveryJob, of pool: UpstreamPool? = nil) {
        guard let index = job.trialOf, pool.map({ $0.index == index }) ?? true else { return }
        job.trialOf = nil
        guard let transition = selector.circuits[index].trialEndedWithoutVerdict(now: instant) else { return }
        note(transition, of: pools[index], cause: transition.cause)
    }

    // MARK: - Alternatives

    /// Whether one of them works, though it may not have room or a turn.
    private func canMove(_ job: DeliveryJob) -> Bool {
        job.cycle.candidates.contains { isWorking($0) }
    }

    /// Whether an upstream would take mail now.
    func isWorking(_ index: Int) -> Bool {
        guard isEnabled(index) else { return false }
        switch selector.circuits[index].admission(now: instant) {
        case .admitted, .overflow: return true
        case .trial, .refused: return false
        }
    }

    /// Whether mail of this upstream could go elsewhere now: this message, or any.
    func hasAlternative(to pool: UpstreamPool, for job: DeliveryJob? = nil) -> Bool {
        guard let job, !selector.routes.isTrivial || job.cycle.terms.onlyUpstreams != nil || !job.cycle.tried.isEmpty
        else {
            return pools.indices.contains { $0 != pool.index && isWorking($0) }
        }
        return job.cycle.candidates.contains {
            $0 != pool.index && !job.cycle.tried.contains($0) && isWorking($0)
        }
    }

    /// Tells the spool where fresh mail will go, while it goes there at once.
    func updateExpectation() {
        let isFlowing = !isStopping && pausedUntil == nil && queue.backlog < DeliveryQueue.windowSize / 2
        let index = isFlowing ? selector.routes.candidates.last?.first { isSure($0) } : nil
        guard index != expected else { return }
        expected = index
        spool.expectAttempts(through: index.map { pools[$0].settings.name })
    }

    /// Whether the next message of the default route goes to this upstream if it comes to its turn.
    private func isSure(_ index: Int) -> Bool {
        guard isEnabled(index), !selector.circuits[index].isSuspect else { return false }
        return selector.circuits[index].admission(now: instant) == .admitted
    }
}
