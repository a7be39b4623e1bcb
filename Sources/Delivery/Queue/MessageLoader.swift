internal import Mail
internal import Spool

/// Brings messages whose turn has come into memory, each into the line of its route.
///
/// Confined to the delivery's event loop.
final class MessageLoader {
    private let queue: DeliveryQueue
    private let ledger: AttemptLedger
    private let jobs: JobMaker
    private let streams: StreamGate
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private let clock: DeliveryClock
    private let paces: PaceGate
    /// Called when messages have come into memory; set once, by its owner.
    var loaded: () -> Void = {}

    init(
        queue: DeliveryQueue, ledger: AttemptLedger, jobs: JobMaker, streams: StreamGate, policies: DeliveryPolicies,
        clock: DeliveryClock,
        paces: PaceGate
    ) {
        self.paces = paces
        self.queue = queue
        self.ledger = ledger
        self.jobs = jobs
        self.streams = streams
        self.policies = policies
        self.clock = clock
    }

    /// Moves what is in memory into its line, and reads back the rest.
    ///
    /// - Parameter isShort: whether memory is short.
    func fill(isShort: Bool) {
        let missing = queue.fill(isShort: isShort) { place($0) }
        guard !missing.isEmpty else { return }
        ledger.load(missing) { [weak self] in self?.finish($0) }
    }

    private func finish(_ results: [LoadResult]) {
        for result in results {
            let (isAhead, rank) = queue.loaded(result.id)
            switch result {
            case .message(let message): begin(message, isAhead: isAhead)
            case .missing, .quarantined: forget(result.id)
            case .failed(let id, _):
                paces.forget(id)
                queue.schedule(id, due: clock.now() + .seconds(5), rank: rank)
            }
        }
        loaded()
    }

    private func begin(_ message: QueuedMessage, isAhead: Bool) {
        var message = message
        // An attempt that was open when the message was read has ended, or the message would not be here.
        message.message.openAttempt = nil
        if let corrected = plan.corrected(message.message, at: clock.now()) {
            message.message = corrected
            ledger.settle(corrected)
        }
        guard let job = jobs.job(for: message, isAhead: isAhead) else {
            forget(message.message.id)
            return queue.wait(message.message, until: plan.due(of: message.message, clock))
        }
        place(job)
    }

    /// A message that was to come into memory does not: others have its turns.
    private func forget(_ id: QueueID) {
        streams.taken(CollectionOfOne(id))
        paces.forget(id)
    }

    /// A probe of one upstream has come, which waits behind nothing that others wait for.
    func enter(_ probe: DeliveryJob) { place(probe) }

    private func place(_ job: DeliveryJob) {
        guard mayEnter(job) else { return rest(job) }
        if !streams.admits(job) || !queue.place(job) { ledger.closeAttempt(of: job.message) }
    }

    /// While its upstreams are down, or its stream stands still, a message waits for them, and needs no turns. It has those
    /// before its stream counts it, since they end with the job.
    private func mayEnter(_ job: DeliveryJob) -> Bool {
        guard paces.isUsed else { return true }
        guard !jobs.canMove(job) || !streams.lets(job) else { return paces.admit(job) }
        paces.passBy(job)
        return true
    }

    /// All recipients of a job have to wait for their pace. Those with other routes need not: they are found when it is read
    /// again.
    private func rest(_ job: DeliveryJob) {
        ledger.closeAttempt(of: job.message)
        if job.otherRoutes.isEmpty { paces.wait(job) } else { queue.putBack(job) }
    }
}
