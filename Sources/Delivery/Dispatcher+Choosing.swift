internal import DequeModule
internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Which upstream a message goes to.
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
        let candidates = upstreams.routes.candidates[route]
        while let job = queue.first(route: route), candidates.contains(where: { upstreams[$0].pool.wantsMore }),
            dispatch(job)
        {
            queue.removeFirst(route: route)
        }
        splitBlocked(route)
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
            if !upstreams.canMove(job), plan.isExpired(job.message, at: now()) {
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

    /// Sends a message that an upstream has failed through the next one, at once.
    ///
    /// - Returns: the name of the next upstream; nil when it has to wait, or when the cycle is over.
    @discardableResult
    func redirect(_ job: DeliveryJob) -> String? {
        guard !isStopping, pausedUntil == nil else {
            putBack(job)
            return nil
        }
        switch upstreams.choose(for: job, isMoving: true) {
        case .use(let index):
            return move(job, to: index)
        case .tryOut(let index):
            beginTrial(of: upstreams[index], by: job)
            return move(job, to: index)
        case .wait:
            keep(job)
        case .exhausted:
            conclude(job)
        }
        return nil
    }

    private func move(_ job: DeliveryJob, to index: Int) -> String {
        hand(job, to: upstreams[index])
        pumpSoon()
        return upstreams[index].name
    }

    func hand(_ job: DeliveryJob, to upstream: Upstream) {
        queue.handedOver(job.id)
        upstream.pool.add(job)
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

    /// - Parameter upstream: the one that is meant; nil for any.
    func endTrialWithoutVerdict(_ job: DeliveryJob, of upstream: Upstream? = nil) {
        guard let index = job.trialOf, upstream.map({ $0.index == index }) ?? true else { return }
        job.trialOf = nil
        upstreams[index].trialEndedWithoutVerdict()
    }

    /// Tells the spool where fresh mail will go, while it goes there at once.
    func updateExpectation() {
        let isFlowing = !isStopping && pausedUntil == nil && queue.backlog < DeliveryQueue.windowSize / 2
        let index = isFlowing ? upstreams.next : nil
        guard index != expected else { return }
        expected = index
        spool.expectAttempts(through: index.map { upstreams[$0].name })
    }
}
