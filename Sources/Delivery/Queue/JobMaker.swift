internal import Mail
internal import Spool
internal import Upstreams

/// Starts the cycles of messages: decides which recipients are due, by which route and through which upstreams.
///
/// Confined to the delivery's event loop.
struct JobMaker {
    let policies: DeliveryPolicies
    let upstreams: UpstreamDirectory
    let streams: StreamGate
    let clock: DeliveryClock
    private let paces: PaceGate
    private var plan: RetryPlan { policies.plan }

    init(
        policies: DeliveryPolicies, upstreams: UpstreamDirectory, streams: StreamGate, clock: DeliveryClock,
        paces: PaceGate
    ) {
        self.paces = paces
        self.policies = policies
        self.upstreams = upstreams
        self.streams = streams
        self.clock = clock
    }

    /// The first cycle of a message that has just arrived.
    func job(for arrival: QueuedMessage) -> DeliveryJob {
        job(arrival, recipients: Array(arrival.message.recipients.indices))
    }

    /// The next cycle of a message read back from the spool; nil if nothing is due.
    ///
    /// - Parameter isAhead: whether its turn came before its recorded time.
    func job(for loaded: QueuedMessage, isAhead: Bool) -> DeliveryJob? {
        guard let cycle = dueCycle(of: loaded.message, isAhead: isAhead) else { return nil }
        let job = job(loaded, recipients: cycle.recipients, cycle)
        job.isAhead = isAhead
        leaveDeferring(job)
        return job
    }

    /// Whether one of the upstreams that a message may use works.
    func canMove(_ job: DeliveryJob) -> Bool { upstreams.canMove(job) }

    // MARK: - What is due

    /// A doubt whose upstream accepts nothing now does not hold up the other recipients.
    private func dueCycle(of message: SpooledMessage, isAhead: Bool) -> RetryPlan.Cycle? {
        let now = clock.now()
        guard var cycle = plan.cycle(for: message, at: now, isAhead: isAhead) else { return nil }
        if isOutOfReach(cycle, of: message, at: now) { cycle = cycle.elsewhere }
        guard cycle.onlyUpstream != nil || cycle.withoutUpstream != nil else { return cycle }
        let mayGo =
            cycle.onlyUpstream.flatMap { upstreams[$0] }.map(\.mayTake) ?? upstreams.all.contains { $0.mayTake }
        return mayGo ? cycle : plan.cycle(for: message, at: now, isAhead: isAhead, withDoubts: false) ?? cycle
    }

    /// Whether the upstream of a doubt has no quota for it until its time is over: then it can be asked again as little as
    /// one that relay.conf does not name. An operator's word stands.
    private func isOutOfReach(_ cycle: RetryPlan.Cycle, of message: SpooledMessage, at now: Timestamp) -> Bool {
        guard let free = cycle.onlyUpstream.flatMap({ upstreams[$0]?.quotaFreeAt }),
            cycle.recipients.allSatisfy({ message.recipients[$0].resolution == nil })
        else { return false }
        return clock.steady(of: free) >= plan.expiry(of: message, clock.ages, at: now)
    }

    /// An upstream that has repeatedly answered this message with 4yz is skipped in every second cycle, if others could
    /// take the message.
    private func leaveDeferring(_ job: DeliveryJob) {
        guard job.cycle.terms.onlyUpstreams == nil, job.message.cycles > 0, job.message.cycles.isMultiple(of: 2),
            let first = job.pending.first, let name = job.message.recipients[first].upstream,
            let index = upstreams[name]?.index,
            job.pending.allSatisfy({ job.message.recipients[$0].wasDeferred(by: name) })
        else { return }
        let others = upstreams.routes.candidates[job.route].contains { $0 != index && upstreams[$0].isWorking }
        if others { job.cycle.leaveOut(index) }
    }

    // MARK: - By which route

    /// A recipient that is due, with its route.
    private struct Due {
        let recipient: Int
        let route: Int
    }

    private func due(_ recipients: [Int], of message: SpooledMessage) -> [Due] {
        let subject = message.routingSubject
        return recipients.map { recipient in
            let address = message.recipients[recipient].address.text
            return Due(recipient: recipient, route: upstreams.routes.route(of: subject, recipient: address))
        }
    }

    /// A job for the recipients that share the route of the first; the others have their turn when its cycle has ended.
    private func job(_ queued: QueuedMessage, recipients: [Int], _ cycle: RetryPlan.Cycle? = nil) -> DeliveryJob {
        let message = unbound(queued.message)
        guard !upstreams.routes.isTrivial, !recipients.isEmpty else {
            let terms = terms(of: 0, message, cycle)
            return DeliveryJob(
                MessageCycle(message, recipients: recipients, terms: terms), queued.content, upstreams.edition)
        }
        let all = due(recipients, of: message)
        let open = all.filter { streams.lets(message, route: $0.route) }
        let going = cycle?.isUnrestricted ?? true ? withTurns(open, of: message) : open
        let chosen = [going, open].first { !$0.isEmpty } ?? all
        let common = commonRoute(of: chosen, message)
        let job = DeliveryJob(
            MessageCycle(
                message, recipients: chosen.filter { $0.route == common }.map(\.recipient),
                terms: terms(of: common, message, cycle)), queued.content, upstreams.edition)
        if !going.isEmpty { job.otherRoutes = Set(open.map(\.route)).subtracting([common]) }
        return job
    }

    /// Recipients of a blocked route, or of a stream that is paused or has a limit, must not hold up the others.
    private func commonRoute(of chosen: [Due], _ message: SpooledMessage) -> Int {
        let first =
            chosen.first { upstreams.canMove($0.route) && !streams.limits(message, route: $0.route) }
            ?? chosen.first { upstreams.canMove($0.route) } ?? chosen[0]
        return first.route
    }

    /// Those that do not wait for the pace of their domain: they must not wait for the others, whose state stays. None if only
    /// the upstreams of others work: these must not wait for theirs, and have their places in the lines of their paces.
    private func withTurns(_ open: [Due], of message: SpooledMessage) -> [Due] {
        guard paces.isUsed else { return open }
        let going = open.filter { !paces.holds($0.recipient, of: message) }
        let areStuck = going.count < open.count && !going.contains { upstreams.canMove($0.route) }
        return areStuck && open.contains { upstreams.canMove($0.route) } ? [] : going
    }

    /// A message whose upstream is gone, where an operator had moved it, goes the way of all mail.
    private func unbound(_ message: SpooledMessage) -> SpooledMessage {
        guard let name = message.boundUpstream, upstreams[name] == nil else { return message }
        var message = message
        message.boundUpstream = nil
        return message
    }

    private func terms(of route: Int, _ message: SpooledMessage, _ cycle: RetryPlan.Cycle?) -> MessageCycle.Terms {
        let candidates = upstreams.routes.candidates[route]
        let settings = upstreams.routes.routes[route]
        let bound = cycle?.isUnrestricted ?? false ? message.boundUpstream.flatMap { upstreams[$0]?.index } : nil
        var terms = MessageCycle.Terms(
            route: route, upstreams: candidates,
            onlyUpstreams: bound.map { [$0] } ?? cycle.flatMap { only(for: $0, of: candidates) },
            isBound: bound != nil, asksSecondOpinion: settings.secondOpinion,
            failsOverOnReject: settings.failoverOnReject, headers: settings.headers)
        restrict(&terms, of: message)
        return terms
    }

    /// The upstreams of the route that the cycle is restricted to; nil for all.
    private func only(for cycle: RetryPlan.Cycle, of candidates: [Int]) -> [Int]? {
        if let name = cycle.onlyUpstream {
            // Fresh mail is committed for the default route before its own route is known, which may not lead there.
            return upstreams[name].flatMap { candidates.contains($0.index) ? [$0.index] : nil }
        }
        guard let name = cycle.withoutUpstream, let index = upstreams[name]?.index else { return nil }
        let others = candidates.filter { $0 != index }
        return others.isEmpty ? nil : others
    }
}
