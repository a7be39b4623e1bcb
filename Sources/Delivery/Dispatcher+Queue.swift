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
        guard waiting.hasStranded, waiting.readyCount == 0, loading == 0 else { return false }
        return pools.contains { pool in
            guard isEnabled(pool.index), board.circuits[pool.index].admission(now: moment) == .trial else {
                return false
            }
            // Where something of its routes stands in line already, that is what tries.
            return lines.indices.allSatisfy { index in
                !board.routes.candidates[index].contains(pool.index)
                    || lines[index].window.isEmpty && lines[index].parkedCount == 0
            }
        }
    }

    /// Messages of one route in memory; where there is one route only, all that there may be.
    private var lineSize: Int { board.routes.isTrivial ? Self.windowSize : Self.windowSize / 4 }

    // MARK: - Filling

    private func fillLines() {
        var missing: [QueueID] = []
        if !board.routes.isTrivial { takeParked(into: &missing) }
        while hasRoom(beside: missing.count), missing.count < Self.loadBatch, let entry = waiting.takeReady() {
            if let job = entry.job {
                job.isAhead = entry.isAhead
                place(job)
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
        // Those that wait for room elsewhere take none from the line.
        return inMemory - movers.count + loading + missing < Self.windowSize
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
    private func place(_ job: DeliveryJob) {
        guard job.cycle.terms.onlyUpstreams == nil else { return bound.append(job) }
        guard !board.routes.isTrivial, lines[job.route].window.count >= lineSize else {
            lines[job.route].window.append(job)
            return
        }
        if job.message.openAttempt != nil { closeAttempt(of: job.message) }
        lines[job.route].park(job.id, priority: job.message.priority, isAhead: job.isAhead)
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
        guard let cycle = dueCycle(of: message, isAhead: isAhead) else {
            wait(message)
            return
        }
        let job = makeJob(message, loaded.content, recipients: cycle.recipients, cycle)
        job.isAhead = isAhead
        leaveDeferring(job)
        if message.isInDoubt { job.doubtHold = doubtHolds.hold(message.id) }
        place(job)
    }

    /// What is due; a doubt whose upstream takes nothing now does not keep the other recipients waiting.
    private func dueCycle(of message: SpooledMessage, isAhead: Bool) -> RetryPlan.Cycle? {
        guard let cycle = plan.cycle(for: message, at: now(), isAhead: isAhead) else { return nil }
        guard cycle.onlyUpstream != nil || cycle.withoutUpstream != nil else { return cycle }
        let mayGo =
            cycle.onlyUpstream.flatMap { nameIndex[$0] }.map { canTake($0) } ?? pools.contains { canTake($0.index) }
        return mayGo ? cycle : plan.cycle(for: message, at: now(), isAhead: isAhead, withDoubts: false) ?? cycle
    }

    private func canTake(_ index: Int) -> Bool {
        guard isEnabled(index) else { return false }
        switch board.circuits[index].admission(now: moment) {
        case .admitted, .overflow, .trial: return true
        case .refused: return false
        }
    }

    /// An upstream that has answered this message with 4yz again and again is left out of every second cycle, where others
    /// could take it.
    private func leaveDeferring(_ job: DeliveryJob) {
        guard job.cycle.terms.onlyUpstreams == nil, job.message.cycles > 0, job.message.cycles.isMultiple(of: 2),
            let first = job.pending.first, let name = job.message.recipients[first].upstream,
            let index = nameIndex[name],
            job.pending.allSatisfy({ job.message.recipients[$0].wasDeferred(by: name) })
        else { return }
        let others = board.routes.candidates[job.route].contains { $0 != index && isWorking($0) }
        if others { job.cycle.leaveOut(index) }
    }

    // MARK: - Routes

    /// A job for those of the recipients that share the route of the first; the others have their turn when its cycle has
    /// ended.
    func makeJob(
        _ message: SpooledMessage, _ content: MessageContent, recipients: [Int], _ cycle: RetryPlan.Cycle? = nil
    ) -> DeliveryJob {
        guard !board.routes.isTrivial, !recipients.isEmpty else {
            return DeliveryJob(
                MessageCycle(
                    message, recipients: recipients,
                    terms: terms(of: 0, only: cycle.flatMap { candidates(for: $0, route: 0) })), content)
        }
        let subject = message.routingSubject
        let routes = recipients.map { board.routes.route(of: subject, recipient: message.recipients[$0].address.text) }
        // Those whose route stands must not keep the others waiting.
        let route = routes.first { canMove($0) } ?? routes[0]
        let same = zip(recipients, routes).filter { $1 == route }.map(\.0)
        let job = DeliveryJob(
            MessageCycle(
                message, recipients: same,
                terms: terms(of: route, only: cycle.flatMap { candidates(for: $0, route: route) })), content)
        job.otherRoutes = Set(routes).subtracting([route])
        return job
    }

    private func terms(of route: Int, only upstreams: [Int]?) -> MessageCycle.Terms {
        MessageCycle.Terms(
            route: route, upstreams: board.routes.candidates[route], onlyUpstreams: upstreams,
            asksSecondOpinion: board.routes.routes[route].secondOpinion,
            failsOverOnReject: board.routes.routes[route].failoverOnReject)
    }

    /// Whether some upstream of the route works.
    private func canMove(_ route: Int) -> Bool {
        board.routes.candidates[route].contains { isWorking($0) }
    }

    /// Messages at the head of a line that stands, of which other recipients could go: they go first.
    func splitStanding(_ index: Int) {
        guard !board.routes.isTrivial, !lines[index].window.isEmpty, !canMove(index) else { return }
        let canSplit = { (job: DeliveryJob) in
            job.cycle.tried.isEmpty && job.otherRoutes.contains { self.canMove($0) }
        }
        let split = lines[index].window.filter(canSplit)
        guard !split.isEmpty else { return }
        lines[index].window.removeAll(where: canSplit)
        for job in split {
            if job.message.openAttempt != nil { closeAttempt(of: job.message) }
            waiting.putBack(job.id, job: nil, priority: job.message.priority, isAhead: job.isAhead)
        }
        pumpSoon()
    }

    /// An upstream is back: what is parked is looked at again, since its recipients may have other routes by now.
    func unpark() {
        guard !board.routes.isTrivial else { return }
        for index in lines.indices {
            for (entry, priority) in lines[index].takeAllParked() {
                waiting.add(entry.id, job: nil, priority: priority, isAhead: entry.isAhead)
            }
        }
    }

    private func candidates(for cycle: RetryPlan.Cycle, route: Int) -> [Int]? {
        let all = board.routes.candidates[route]
        if let name = cycle.onlyUpstream {
            // Fresh mail is committed for the default route before anybody has looked for its own, which may not lead there.
            return nameIndex[name].flatMap { all.contains($0) ? [$0] : nil }
        }
        guard let name = cycle.withoutUpstream, let index = nameIndex[name] else { return nil }
        let others = all.filter { $0 != index }
        return others.isEmpty ? nil : others
    }

    /// Puts a message to those that wait for their time; one that needs an operator waits in the spool alone.
    func wait(_ message: SpooledMessage, _ release: CycleStep.Release = .time) {
        guard let due = plan.nextDue(of: message) else { return }
        waiting.add(message.id, due: due, priority: message.priority, release)
    }
}

extension SpooledMessage {
    /// What routes look at.
    var routingSubject: RouteTable.Subject {
        RouteTable.Subject(
            sender: sender.description, route: routing.route, user: user, headers: routing.headers)
    }
}
