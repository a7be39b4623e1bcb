internal import Mail
internal import SMTP
internal import Upstreams

/// Moves messages that have left their line: to an upstream, to the next one, or back into the queue.
///
/// Confined to the delivery's event loop.
final class MessageMover {
    let queue: DeliveryQueue
    let upstreams: UpstreamDirectory
    let ledger: AttemptLedger
    let jobs: JobMaker
    let streams: StreamGate
    private let orders: QueueOrders
    private let reporter: CycleReporter
    private let flow: DeliveryFlow
    /// Called if no upstream is left for the message now; set once, by its owner.
    var exhausted: (DeliveryJob) -> Void = { _ in }
    /// Called if a message may be able to continue; set once, by its owner.
    var moved: () -> Void = {}
    /// Asked before a message goes to an upstream: false if no recipient is left, and the message is settled. Set
    /// once, by its owner.
    var admits: (DeliveryJob) -> Bool = { _ in true }
    /// Records the state of a message, with the notices about what has come to an end; set once, by its owner.
    var records: (DeliveryJob) -> Void = { _ in }

    init(
        queue: DeliveryQueue, upstreams: UpstreamDirectory, ledger: AttemptLedger, jobs: JobMaker, streams: StreamGate,
        orders: QueueOrders, reporter: CycleReporter, flow: DeliveryFlow
    ) {
        self.queue = queue
        self.upstreams = upstreams
        self.ledger = ledger
        self.jobs = jobs
        self.streams = streams
        self.orders = orders
        self.reporter = reporter
        self.flow = flow
    }

    /// An attempt has ended a message: it leaves the queue.
    ///
    /// - Parameter delivered: whether every recipient has it.
    func ended(_ job: DeliveryJob, delivered: Bool) {
        queue.forget(job.id)
        streams.ended(job)
        orders.ended(job.id, delivered: delivered)
    }

    func hand(_ job: DeliveryJob, to upstream: Upstream) {
        queue.handedOver(job.id)
        upstream.pool.add(job)
    }

    /// Returns the message to the upstream that has just had it, ahead of those waiting there.
    func handAgain(_ job: DeliveryJob, to upstream: Upstream, inNewSession: Bool) {
        queue.handedOver(job.id)
        upstream.pool.addAgain(job, inNewSession: inNewSession)
    }

    /// Returns a message to the queue as if its cycle had not begun. An attempt that it was committed with is closed: it may
    /// rest there for long.
    func putBack(_ job: DeliveryJob) {
        job.endTrialWithoutVerdict()
        ledger.closeAttempt(of: job.message)
        queue.putBack(job)
    }

    // MARK: - To another upstream

    /// Sends a message that an upstream has failed through the next one, at once.
    ///
    /// - Returns: the next upstream; nil when the message has to wait, or when the cycle is over.
    @discardableResult
    func redirect(_ job: DeliveryJob) -> Upstream? {
        guard flow.isOpen, !orders.isAwaited(job.id), streams.lets(job) else {
            putBack(job)
            return nil
        }
        jobs.renew(job)
        switch upstreams.choose(for: job, isMoving: true) {
        case .use(let index):
            guard admits(job) else { return nil }
            return move(job, to: upstreams[index])
        case .tryOut(let index):
            guard admits(job) else { return nil }
            run(job.beginTrial(of: upstreams[index]), of: upstreams[index])
            return move(job, to: upstreams[index])
        case .wait:
            // In memory, for an upstream that works and has no room or no turn for it now.
            if !queue.keep(job) { exhausted(job) }
            moved()
        case .exhausted:
            exhausted(job)
        }
        return nil
    }

    private func move(_ job: DeliveryJob, to upstream: Upstream) -> Upstream {
        hand(job, to: upstream)
        moved()
        return upstream
    }

    /// Retries on another session of the same upstream, if it still accepts mail.
    func tryAgain(_ job: DeliveryJob, at upstream: Upstream, inNewSession: Bool) {
        let isWorking = upstreams.canMove(job, at: upstream) || job.isTrial(of: upstream)
        if upstream.isEnabled, isWorking, leads(job, to: upstream) {
            handAgain(job, to: upstream, inNewSession: inNewSession)
        } else {
            job.endTrialWithoutVerdict(of: upstream)
            job.cycle.unreachable(upstream.index)
            redirect(job)
        }
    }

    /// Whether the routes of now, and its stream, let a message stay at its upstream.
    func leads(_ job: DeliveryJob, to upstream: Upstream) -> Bool {
        jobs.renew(job)
        return streams.lets(job) && !upstream.isRemoved && job.cycle.candidates.contains(upstream.index)
    }

    // MARK: - All of an upstream

    /// Carries out the effects of a change of an upstream.
    func run(_ effects: UpstreamEffects, of upstream: Upstream) {
        guard !effects.isEmpty else { return }
        if effects.contains(.works) { queue.releaseStranded() }
        if effects.contains(.takesNone) { evacuate(upstream, keepingProbes: upstream.takesProbes) }
        if effects.contains(.isDisabled) {
            evacuate(upstream, reason: "disabled by hand", isOrder: true)
            upstream.pool.quitIdle()
        }
        if effects.contains(.takesMail) { queue.releaseAll() }
    }

    /// Moves all messages waiting for sessions of an unavailable upstream to the next one.
    ///
    /// - Parameters:
    ///   - reason: if different from the upstream's last error.
    ///   - phase: where that was.
    ///   - all: whether to include those that no other upstream may accept now.
    ///   - isOrder: whether an operator wants it: then nothing has been tried.
    ///   - keepingProbes: whether probes of the upstream stay.
    func evacuate(
        _ upstream: Upstream, reason: String? = nil, at phase: ClientPhase? = nil, all: Bool = true,
        isOrder: Bool = false, keepingProbes: Bool = false
    ) {
        let phase = (reason == nil ? upstream.record.lastErrorPhase : phase)?.beforeMail ?? .connect
        let leaving = upstream.pool.removePending { job in
            guard !keepingProbes || !job.cycle.terms.isPinned else { return false }
            return all || upstreams.hasAlternative(to: upstream, for: job)
        }
        for job in leaving {
            job.endTrialWithoutVerdict(of: upstream)
            let reason = reason ?? upstream.record.lastError ?? "it takes no mail now"
            job.cycle.unreachable(upstream.index, reason, at: isOrder ? nil : phase)
            guard let next = redirect(job) else { continue }
            reporter.moved(
                job.cycle.pendingAddresses, of: job, from: upstream, to: next, phase: phase.rawValue,
                reply: job.cycle.lastReason)
        }
    }
}
