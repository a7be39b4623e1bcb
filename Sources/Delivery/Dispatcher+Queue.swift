internal import DequeModule
internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Taking messages from the queue: from those that wait for their time into the lines of their routes.
extension Dispatcher {
    /// Moves everything that can move at the end of this turn of the loop, once for all that happens in it.
    func pumpSoon() {
        guard !isPumpDue else { return }
        isPumpDue = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isPumpDue = false
            bound.value.pump()
        }
    }

    /// Moves everything that can move. Called after whatever may have changed that.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        if !isStopping, pausedUntil == nil {
            queue.release(until: now())
            if isTrialPossible { queue.releaseOneStranded() }
            load(queue.fill { place($0) })
            dispatchAll()
        }
        for upstream in upstreams.all { serve(upstream) }
        updateExpectation()
        if needsTick { arrangeTick() }
    }

    /// Whether a circuit would let one message try, and none is on its way that could.
    private var isTrialPossible: Bool {
        queue.isIdleButForStranded && upstreams.isTrialPossible { queue.isEmpty(route: $0) }
    }

    // MARK: - Filling

    private func place(_ job: DeliveryJob) {
        let isParked = !queue.place(job)
        if isParked, job.message.openAttempt != nil { closeAttempt(of: job.message) }
    }

    private func load(_ ids: [QueueID]) {
        guard !ids.isEmpty else { return }
        // What this turn has said of messages goes first: one that is read as it was before its attempt was closed would
        // go out with no attempt on record, and again after a crash.
        outbox?.flush()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        spool.load(ids) { results in
            eventLoop.execute { bound.value.loaded(results) }
        }
    }

    private func loaded(_ results: [LoadResult]) {
        for result in results {
            let isAhead = queue.loaded(result.id)
            switch result {
            case .message(let message): begin(message, isAhead: isAhead)
            case .missing, .quarantined: break
            case .failed(let id, _): queue.schedule(id, due: now() + .seconds(5), priority: .normal)
            }
        }
        pump()
    }

    /// Begins a cycle for a message that was read back, or lets it wait on if nothing is due.
    private func begin(_ loaded: QueuedMessage, isAhead: Bool) {
        var message = loaded.message
        // Whatever attempt was open when it was read has ended, or it would not be here.
        message.openAttempt = nil
        guard let cycle = dueCycle(of: message, isAhead: isAhead) else {
            wait(message)
            return
        }
        let job = makeJob(message, loaded.content, recipients: cycle.recipients, cycle)
        job.isAhead = isAhead
        leaveDeferring(job)
        place(job)
    }

    /// What is due; a doubt whose upstream takes nothing now does not keep the other recipients waiting.
    private func dueCycle(of message: SpooledMessage, isAhead: Bool) -> RetryPlan.Cycle? {
        guard let cycle = plan.cycle(for: message, at: now(), isAhead: isAhead) else { return nil }
        guard cycle.onlyUpstream != nil || cycle.withoutUpstream != nil else { return cycle }
        let mayGo =
            cycle.onlyUpstream.flatMap { upstreams[$0] }.map(\.mayTake) ?? upstreams.all.contains { $0.mayTake }
        return mayGo ? cycle : plan.cycle(for: message, at: now(), isAhead: isAhead, withDoubts: false) ?? cycle
    }

    /// An upstream that has answered this message with 4yz again and again is left out of every second cycle, where others
    /// could take it.
    private func leaveDeferring(_ job: DeliveryJob) {
        guard job.cycle.terms.onlyUpstreams == nil, job.message.cycles > 0, job.message.cycles.isMultiple(of: 2),
            let first = job.pending.first, let name = job.message.recipients[first].upstream,
            let index = upstreams[name]?.index,
            job.pending.allSatisfy({ job.message.recipients[$0].wasDeferred(by: name) })
        else { return }
        let others = upstreams.routes.candidates[job.route].contains { $0 != index && upstreams[$0].isWorking }
        if others { job.cycle.leaveOut(index) }
    }

    // MARK: - Routes

    /// A job for those of the recipients that share the route of the first; the others have their turn when its cycle has
    /// ended.
    func makeJob(
        _ message: SpooledMessage, _ content: MessageContent, recipients: [Int], _ cycle: RetryPlan.Cycle? = nil
    ) -> DeliveryJob {
        guard !upstreams.routes.isTrivial, !recipients.isEmpty else {
            return DeliveryJob(
                MessageCycle(
                    message, recipients: recipients,
                    terms: terms(of: 0, only: cycle.flatMap { candidates(for: $0, route: 0) })), content)
        }
        let subject = message.routingSubject
        let routes = recipients.map {
            upstreams.routes.route(of: subject, recipient: message.recipients[$0].address.text)
        }
        // Those whose route stands must not keep the others waiting.
        let route = routes.first { upstreams.canMove($0) } ?? routes[0]
        let same = zip(recipients, routes).filter { $1 == route }.map(\.0)
        let job = DeliveryJob(
            MessageCycle(
                message, recipients: same,
                terms: terms(of: route, only: cycle.flatMap { candidates(for: $0, route: route) })), content)
        job.otherRoutes = Set(routes).subtracting([route])
        return job
    }

    private func terms(of route: Int, only candidates: [Int]?) -> MessageCycle.Terms {
        MessageCycle.Terms(
            route: route, upstreams: upstreams.routes.candidates[route], onlyUpstreams: candidates,
            asksSecondOpinion: upstreams.routes.routes[route].secondOpinion,
            failsOverOnReject: upstreams.routes.routes[route].failoverOnReject)
    }

    /// Messages in a line that stands, of which other recipients could go: they go first.
    func splitBlocked(_ route: Int) {
        guard !upstreams.routes.isTrivial, queue.first(route: route) != nil, !upstreams.canMove(route) else { return }
        let split = queue.takeOut(route: route) { job in
            job.cycle.tried.isEmpty && job.otherRoutes.contains { upstreams.canMove($0) }
        }
        guard !split.isEmpty else { return }
        for job in split {
            if job.message.openAttempt != nil { closeAttempt(of: job.message) }
            queue.putBack(job)
        }
        pumpSoon()
    }

    private func candidates(for cycle: RetryPlan.Cycle, route: Int) -> [Int]? {
        let all = upstreams.routes.candidates[route]
        if let name = cycle.onlyUpstream {
            // Fresh mail is committed for the default route before anybody has looked for its own, which may not lead there.
            return upstreams[name].flatMap { all.contains($0.index) ? [$0.index] : nil }
        }
        guard let name = cycle.withoutUpstream, let index = upstreams[name]?.index else { return nil }
        let others = all.filter { $0 != index }
        return others.isEmpty ? nil : others
    }

    /// Puts a message to those that wait for their time; one that needs an operator waits in the spool alone.
    func wait(_ message: SpooledMessage, _ release: CycleStep.Release = .time) {
        guard let due = plan.nextDue(of: message) else { return queue.forget(message.id) }
        queue.schedule(message.id, due: due, priority: message.priority, release)
    }
}

extension SpooledMessage {
    /// Whose mail it is, as far as tenants are told apart: the user's, or else the sender's domain's.
    var tenant: String {
        user ?? sender.address?.domain.lowercased() ?? ""
    }

    /// What routes look at.
    var routingSubject: RouteTable.Subject {
        RouteTable.Subject(
            sender: sender.description, route: routing.route, user: user, headers: routing.headers)
    }
}
