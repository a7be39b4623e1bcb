internal import Mail
internal import Spool

/// Brings messages whose turn has come into memory, each into the line of its route.
///
/// Confined to the delivery's event loop.
final class MessageLoader {
    private let queue: DeliveryQueue
    private let ledger: AttemptLedger
    private let jobs: JobMaker
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private let clock: DeliveryClock
    /// Called when messages have come into memory; set once, by its owner.
    var loaded: () -> Void = {}

    init(
        queue: DeliveryQueue, ledger: AttemptLedger, jobs: JobMaker, policies: DeliveryPolicies, clock: DeliveryClock
    ) {
        self.queue = queue
        self.ledger = ledger
        self.jobs = jobs
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
            let (isAhead, priority) = queue.loaded(result.id)
            switch result {
            case .message(let message): begin(message, isAhead: isAhead)
            case .missing, .quarantined: break
            case .failed(let id, _): queue.schedule(id, due: clock.now() + .seconds(5), priority: priority)
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
            return queue.wait(message.message, until: plan.due(of: message.message, clock))
        }
        place(job)
    }

    private func place(_ job: DeliveryJob) {
        if !queue.place(job) { ledger.closeAttempt(of: job.message) }
    }
}
