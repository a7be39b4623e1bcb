internal import Mail
internal import Spool
internal import Upstreams

/// Hands messages from the lines of the queue to upstreams.
///
/// Confined to the delivery's event loop.
final class UpstreamFeeder {
    /// Retry interval of a message pinned to an upstream that takes nothing now.
    private static let pinnedInterval = Duration.seconds(5)

    private let queue: DeliveryQueue
    private let upstreams: UpstreamDirectory
    private let ledger: AttemptLedger
    private let mover: MessageMover
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private let clock: DeliveryClock
    /// When a circuit next admits a trial, so that waiting messages are looked at without any other event.
    private(set) var wakeAt: MonotonicInstant?

    init(
        queue: DeliveryQueue, upstreams: UpstreamDirectory, ledger: AttemptLedger, mover: MessageMover,
        policies: DeliveryPolicies,
        clock: DeliveryClock
    ) {
        self.queue = queue
        self.upstreams = upstreams
        self.ledger = ledger
        self.mover = mover
        self.policies = policies
        self.clock = clock
    }

    /// Dispatches every message that can go.
    func feedAll() {
        wakeAt = nil
        feedPinned()
        for job in queue.takeFailingOver() where !feed(job) {
            if !queue.keep(job) { mover.exhausted(job) }
        }
        for route in upstreams.routes.candidates.indices { feedLine(of: route) }
    }

    /// Dispatches messages that may use only a few upstreams; they block no others.
    private func feedPinned() {
        let pinned = queue.takePinned()
        guard !pinned.isEmpty else { return }
        for job in pinned where !feed(job) {
            queue.schedule(
                job.id, due: clock.now() + Self.pinnedInterval,
                deadline: plan.deadline(of: job.message, clock.ages, at: clock.now()), priority: job.message.priority)
        }
        wakeAt = nil
    }

    private func feedLine(of route: Int) {
        queue.setBlocked(false, route: route)
        guard queue.first(route: route) != nil else { return }
        let candidates = upstreams.routes.candidates[route]
        while let job = queue.first(route: route), candidates.contains(where: { upstreams[$0].pool.wantsMore }),
            feed(job)
        {
            queue.removeFirst(route: route)
        }
        splitBlocked(route)
    }

    /// Dispatches messages of a blocked line whose other recipients can go.
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
        mover.moved()
    }

    /// Dispatches a message; false if it has to wait.
    private func feed(_ job: DeliveryJob) -> Bool {
        switch upstreams.choose(for: job) {
        case .use(let index):
            guard mover.admits(job) else { return true }
            mover.hand(job, to: upstreams[index])
        case .tryOut(let index):
            guard mover.admits(job) else { return true }
            mover.run(job.beginTrial(of: upstreams[index]), of: upstreams[index])
            mover.hand(job, to: upstreams[index])
        case .wait(let until):
            // A message that only waits for room, or for its turn, is tried whatever its age.
            if !upstreams.canMove(job), job.cycle.isBound || isExpired(job) {
                mover.exhausted(job)
                return true
            }
            guard let until else { return false }
            wakeAt = min(wakeAt ?? until, until)
            queue.setBlocked(until > clock.instant + .seconds(1), route: job.route)
            return false
        case .exhausted:
            mover.exhausted(job)
        }
        return true
    }

    private func isExpired(_ job: DeliveryJob) -> Bool {
        plan.isExpired(job.message, ages: clock.ages, at: clock.now())
    }
}
