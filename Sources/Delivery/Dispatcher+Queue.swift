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
            waiting.release(until: now())
            if isTrialPossible { waiting.releaseOneStranded() }
            fillLines()
            dispatchAll()
        }
        for pool in pools { serve(pool) }
        updateExpectation()
        if needsTick { arrangeTick() }
    }

    /// Whether every route waits for an upstream to come back.
    var isStanding: Bool { lines.allSatisfy(\.isStanding) }

    /// Messages in memory that have no upstream yet.
    var inMemory: Int { lines.reduce(bound.count + movers.count) { $0 + $1.window.count } }

    /// Whether a circuit would let one message try, and none is on its way that could.
    private var isTrialPossible: Bool {
        guard waiting.hasStranded, waiting.readyCount == 0, inMemory == 0, loading == 0,
            lines.allSatisfy({ $0.parkedCount == 0 })
        else { return false }
        return pools.contains { isEnabled($0.index) && board.circuits[$0.index].admission(now: moment) == .trial }
    }

    /// Messages of one route in memory; where there is one route only, all that there may be.
    private var lineSize: Int { board.routes.isTrivial ? Self.windowSize : Self.windowSize / 4 }

    // MARK: - Filling

    private func fillLines() {
        var missing: [QueueID] = []
        if !board.routes.isTrivial { takeParked(into: &missing) }
        while hasRoom(beside: missing.count), missing.count < Self.loadBatch, let entry = waiting.takeReady() {
            if let job = entry.job {
                place(job, isAhead: entry.isAhead)
            } else {
                missing.append(entry.id)
                if entry.isAhead { loadingAhead.insert(entry.id) }
            }
        }
        load(missing)
    }

    /// A route that stands must not keep the others from being looked at: its messages are parked as they come.
    private func hasRoom(beside missing: Int) -> Bool {
        guard board.routes.isTrivial else { return loading + missing < Self.loadBatch }
        return inMemory + loading + missing < Self.windowSize
    }

    private func takeParked(into missing: inout [QueueID]) {
        for index in lines.indices where !lines[index].isStanding || lines[index].window.isEmpty {
            var room = lineSize / 2 - lines[index].window.count - loading
            while room > 0, missing.count < Self.loadBatch, let entry = lines[index].takeParked() {
                room -= 1
                missing.append(entry.id)
                if entry.isAhead { loadingAhead.insert(entry.id) }
            }
        }
    }

    /// Puts a message at the end of its line.
    private func place(_ job: DeliveryJob, isAhead: Bool) {
        guard job.candidates == nil else { return bound.append(job) }
        guard !board.routes.isTrivial, lines[job.route].window.count >= lineSize else {
            lines[job.route].window.append(job)
            return
        }
        if job.message.openAttempt != nil { closeAttempt(of: job.message) }
        lines[job.route].park(job.id, priority: job.message.priority, isAhead: isAhead)
    }

    private func load(_ ids: [QueueID]) {
        guard !ids.isEmpty else { return }
        loading += ids.count
        doubtHolds.take(ids)
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
        loading -= results.count
        for result in results {
            switch result {
            case .message(let message): begin(message)
            case .missing(let id), .quarantined(let id):
                loadingAhead.remove(id)
            case .failed(let id, _):
                loadingAhead.remove(id)
                waiting.add(id, due: now() + .seconds(5), priority: .normal)
            }
            doubtHolds.release(result.id)
        }
        pump()
    }

    /// Begins a cycle for a message that was read back, or lets it wait on if nothing is due.
    private func begin(_ loaded: QueuedMessage) {
        var message = loaded.message
        // Whatever attempt was open when it was read has ended, or it would not be here.
        message.openAttempt = nil
        let isAhead = loadingAhead.remove(message.id) != nil
        guard let cycle = plan.cycle(for: message, at: now(), isAhead: isAhead) else {
            wait(message)
            return
        }
        let job = makeJob(message, loaded.content, recipients: cycle.recipients, cycle)
        if message.isInDoubt { job.doubtHold = doubtHolds.hold(message.id) }
        place(job, isAhead: isAhead)
    }

    // MARK: - Routes

    /// A job for those of the recipients that share the route of the first; the others have their turn when its cycle has
    /// ended.
    func makeJob(
        _ message: SpooledMessage, _ content: MessageContent, recipients: [Int], _ cycle: RetryPlan.Cycle? = nil
    ) -> DeliveryJob {
        guard !board.routes.isTrivial, let first = recipients.first else {
            return DeliveryJob(
                message: message, content: content, pending: recipients, route: 0,
                candidates: cycle.flatMap { candidates(for: $0, route: 0) })
        }
        let subject = message.routingSubject
        let route = board.routes.route(of: subject, recipient: message.recipients[first].address.text)
        let same = recipients.filter {
            $0 == first || board.routes.route(of: subject, recipient: message.recipients[$0].address.text) == route
        }
        return DeliveryJob(
            message: message, content: content, pending: same, route: route,
            candidates: cycle.flatMap { candidates(for: $0, route: route) })
    }

    private func candidates(for cycle: RetryPlan.Cycle, route: Int) -> [Int]? {
        let all = board.routes.routes[route].candidates
        if let name = cycle.onlyUpstream {
            // Fresh mail is committed for the default route before anybody has looked for its own, which may not lead there.
            return nameIndex[name].flatMap { all.contains($0) ? [$0] : nil }
        }
        guard let name = cycle.withoutUpstream, let index = nameIndex[name] else { return nil }
        let others = all.filter { $0 != index }
        return others.isEmpty ? nil : others
    }

    /// Puts a message to those that wait for their time; one that needs an operator waits in the spool alone.
    func wait(_ message: SpooledMessage, isStranded: Bool = false) {
        guard let due = plan.nextDue(of: message) else { return }
        waiting.add(message.id, due: due, priority: message.priority, isStranded: isStranded)
    }
}

extension SpooledMessage {
    /// What routes look at.
    var routingSubject: RouteTable.Subject {
        RouteTable.Subject(
            sender: sender.description, route: routing.route, user: user, headers: routing.headers)
    }
}
