internal import DequeModule
internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Hands messages from the lines of the queue to upstreams.
extension Dispatcher {
    func dispatchAll() {
        wakeAt = nil
        dispatchPinned()
        for job in queue.takeFailingOver() where !dispatch(job) {
            if !queue.keep(job) { conclude(job) }
        }
        for route in upstreams.routes.candidates.indices { dispatchLine(of: route) }
    }

    /// Sends those on their way that may use few upstreams only; they stand in nobody's way.
    private func dispatchPinned() {
        let pinned = queue.takePinned()
        guard !pinned.isEmpty else { return }
        for job in pinned where !dispatch(job) {
            queue.schedule(job.id, due: clock.now() + Self.pinnedInterval, priority: job.message.priority)
        }
        wakeAt = nil
    }

    private func dispatchLine(of route: Int) {
        queue.setBlocked(false, route: route)
        guard queue.first(route: route) != nil else { return }
        let candidates = upstreams.routes.candidates[route]
        while let job = queue.first(route: route), candidates.contains(where: { upstreams[$0].pool.wantsMore }),
            dispatch(job)
        {
            queue.removeFirst(route: route)
        }
        splitBlocked(route)
    }

    /// Messages in a line that stands, of which other recipients could go: they go first.
    private func splitBlocked(_ route: Int) {
        guard !upstreams.routes.isTrivial, queue.first(route: route) != nil, !upstreams.canMove(route) else { return }
        let split = queue.takeOut(route: route) { job in
            job.cycle.tried.isEmpty && job.otherRoutes.contains { upstreams.canMove($0) }
        }
        guard !split.isEmpty else { return }
        for job in split {
            ledger.closeAttempt(of: job.message)
            queue.putBack(job)
        }
        pumpSoon()
    }

    /// Sends a message on its way; false when it has to wait.
    private func dispatch(_ job: DeliveryJob) -> Bool {
        switch upstreams.choose(for: job) {
        case .use(let index):
            hand(job, to: upstreams[index])
        case .tryOut(let index):
            beginTrial(of: upstreams[index], by: job)
            hand(job, to: upstreams[index])
        case .wait(let until):
            // One that only waits for room, or for its turn, is tried however old it is.
            if !upstreams.canMove(job), plan.isExpired(job.message, at: clock.now()) {
                conclude(job)
                return true
            }
            guard let until else { return false }
            wakeAt = min(wakeAt ?? until, until)
            queue.setBlocked(until > clock.instant + .seconds(1), route: job.route)
            return false
        case .exhausted:
            conclude(job)
        }
        return true
    }

    func hand(_ job: DeliveryJob, to upstream: Upstream) {
        queue.handedOver(job.id)
        upstream.pool.add(job)
    }

    // MARK: - To another upstream

    /// Sends a message that an upstream has failed through the next one, at once.
    ///
    /// - Returns: the next upstream; nil when the message has to wait, or when the cycle is over.
    @discardableResult
    func redirect(_ job: DeliveryJob) -> Upstream? {
        guard !isStopping, pausedUntil == nil else {
            putBack(job)
            return nil
        }
        switch upstreams.choose(for: job, isMoving: true) {
        case .use(let index):
            return move(job, to: upstreams[index])
        case .tryOut(let index):
            beginTrial(of: upstreams[index], by: job)
            return move(job, to: upstreams[index])
        case .wait:
            // In memory, for an upstream that works and has no room or no turn for it now.
            if !queue.keep(job) { conclude(job) }
            pumpSoon()
        case .exhausted:
            conclude(job)
        }
        return nil
    }

    private func move(_ job: DeliveryJob, to upstream: Upstream) -> Upstream {
        hand(job, to: upstream)
        pumpSoon()
        return upstream
    }

    /// Returns a message to the queue as if its cycle had not begun.
    func putBack(_ job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        queue.putBack(job)
    }

    /// A message is the trial of an open circuit.
    private func beginTrial(of upstream: Upstream, by job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        job.trialOf = upstream.index
        run(upstream.beginTrial(by: job.id), of: upstream)
    }

    /// - Parameter upstream: ends only a trial of this upstream; nil for any.
    func endTrialWithoutVerdict(_ job: DeliveryJob, of upstream: Upstream? = nil) {
        guard let index = job.trialOf, upstream.map({ $0.index == index }) ?? true else { return }
        job.trialOf = nil
        upstreams[index].trialEndedWithoutVerdict()
    }
}
