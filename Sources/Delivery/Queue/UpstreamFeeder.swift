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
    private let paces: PaceGate
    /// When a circuit next admits a trial, so that waiting messages are looked at without any other event.
    private(set) var wakeAt: MonotonicInstant?
    private var turns = RouteTurns()

    init(
        queue: DeliveryQueue, upstreams: UpstreamDirectory, ledger: AttemptLedger, mover: MessageMover,
        policies: DeliveryPolicies,
        clock: DeliveryClock, paces: PaceGate
    ) {
        self.paces = paces
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
        feedLines()
        for upstream in upstreams.all { upstream.roundEnded() }
    }

    /// Dispatches messages that may use only a few upstreams; they block no others. A probe that waits for the rate of its
    /// upstream keeps its place: what always finds it used up would never go.
    private func feedPinned() {
        let pinned = queue.takePinned()
        guard !pinned.isEmpty else { return }
        var turn: MonotonicInstant?
        for job in pinned {
            wakeAt = nil
            guard !feed(job) else { continue }
            if job.cycle.terms.isPinned, let until = wakeAt, upstreams.canMove(job), queue.place(job) {
                turn = min(turn ?? until, until)
                continue
            }
            queue.schedule(
                job.id, due: clock.now() + Self.pinnedInterval,
                deadline: plan.deadline(of: job.message, clock.ages, at: clock.now()), rank: job.rank)
        }
        wakeAt = turn
    }

    /// High messages are asked for first. Whether others get their share is decided where they meet: by the pool of an
    /// upstream and by its throttle.
    private func feedLines() {
        let routes = upstreams.routes.candidates.indices
        for route in routes { queue.setBlocked(false, route: route) }
        for priority in Priority.allCases { feedLines(of: priority) }
        for route in routes {
            splitBlocked(route)
            if paces.isUsed, !upstreams.canMove(route) { giveTurnsBack(route) }
        }
    }

    /// The routes take turns, so that none of them has an upstream to itself.
    private func feedLines(of priority: Priority) {
        guard !upstreams.routes.isTrivial else {
            while feedFirst(of: 0, priority) {}
            return
        }
        let routes = upstreams.routes.candidates.indices
        guard routes.contains(where: { queue.first(route: $0, of: priority) != nil }) else { return }
        var open = turns.order(of: routes.count, priority).filter { queue.first(route: $0, of: priority) != nil }
        while !open.isEmpty {
            open.removeAll { route in
                guard feedFirst(of: route, priority) else { return true }
                turns.went(route, priority)
                return false
            }
        }
    }

    /// - Returns: false if there is nothing, or if it has to wait.
    private func feedFirst(of route: Int, _ priority: Priority) -> Bool {
        guard let job = queue.first(route: route, of: priority),
            upstreams.routes.candidates[route].contains(where: { upstreams[$0].pool.wantsMore(of: priority) }),
            feed(job)
        else { return false }
        queue.removeFirst(route: route, of: priority)
        return true
    }

    /// What waits for an upstream to come back must not keep its turns from mail to the same domains that another route can
    /// carry.
    private func giveTurnsBack(_ route: Int) {
        for job in queue.routes[route].window.all where !job.hasBegun { job.turns = [] }
    }

    /// A message without its turns, since its upstreams were down when it came into its line, needs them now.
    ///
    /// - Returns: false if it rests, and has left its line.
    private func hasTurns(_ job: DeliveryJob) -> Bool {
        guard paces.isUsed, job.turns.isEmpty, !job.hasBegun, upstreams.canMove(job) else { return true }
        guard !paces.admit(job) else { return true }
        ledger.closeAttempt(of: job.message)
        if job.otherRoutes.isEmpty { paces.wait(job) } else { queue.putBack(job) }
        mover.moved()
        return false
    }

    /// Dispatches messages of a blocked line whose other recipients can go.
    private func splitBlocked(_ route: Int) {
        guard !upstreams.routes.isTrivial, !queue.isLineEmpty(route: route), !upstreams.canMove(route) else { return }
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
        guard hasTurns(job) else { return true }
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
            if until > clock.instant + .seconds(1) { queue.setBlocked(true, route: job.route) }
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
