internal import DequeModule
internal import Mail
internal import Spool
internal import Upstreams

/// The one owner of where every message of the delivery is.
///
/// ```
/// scheduled ──▶ ready ──▶ loading ──▶ in line, pinned ──▶ with an upstream ──▶ gone
///     ▲           ▲                      │     ▲               │
///     │           └── parked ◀───────────┘     └─ failing over ◀┤
///     └────────────────────────────────────────────────────────┘
/// ```
///
/// Waiting messages are just numbers, possibly millions of them; finding one takes a search, which only operators
/// request. Messages in memory are few, and their locations are indexed.
///
/// Confined to the delivery's event loop.
final class DeliveryQueue {
    /// Maximum number of messages kept loaded ahead of their turn.
    static let windowSize = 256
    /// Number of messages read back at once.
    static let loadBatch = 64

    /// Where a message is.
    enum Location: Hashable {
        /// Its turn comes as soon as there is room.
        case ready
        /// It waits for a time, or for an upstream to come back.
        case scheduled
        /// It waits after others of a blocked route.
        case parked
        /// It is being read from the spool.
        case loading
        /// In memory, waiting for an upstream of its route.
        case inLine
        /// In memory, restricted to few upstreams and in no line.
        case pinned
        /// In memory: an upstream has failed it, and it waits for room at another.
        case failingOver
        /// An upstream's pool or session has it.
        case withUpstream
        /// The spool is changing it: by an operator's order, or because it is overdue.
        case changing
    }

    private var waiting: WaitingMessages
    /// By route.
    private(set) var routes: [RouteQueue]
    /// Parked messages whose route is not known any more: they are read again, beside what has its turn.
    private var unsorted = RouteQueue()
    private var pinned: [DeliveryJob] = []
    private var failingOver: [DeliveryJob] = []
    /// For messages in memory, those being read, and those subject to an operator's order.
    private var locations: [QueueID: Location] = [:]
    private(set) var loadingCount = 0
    /// Messages being read whose turn came before their recorded time.
    private var loadingAhead: Set<QueueID> = []
    /// Priorities of messages being read, unless normal.
    private var loadingPriorities: [QueueID: Priority] = [:]
    /// Messages whose time came while no attempt was due.
    private var overdue: [OverdueMessage] = []

    /// - Parameter deadlines: without these, nothing is ever overdue.
    init(routeCount: Int, deadlines: DeadlineRules = DeadlineRules()) {
        waiting = WaitingMessages(deadlines)
        routes = Array(repeating: RouteQueue(), count: routeCount)
        locations.reserveCapacity(2 * Self.windowSize)
    }

    // MARK: - Locations

    /// Where the message is; nil if it waits for an operator only, or is gone.
    func location(of id: QueueID) -> Location? {
        if let location = locations[id] { return location }
        if unsorted.isParked(id) || routes.contains(where: { $0.isParked(id) }) { return .parked }
        return waiting.isReady(id) ? .ready : waiting.isScheduled(id) ? .scheduled : nil
    }

    /// Messages in memory without an upstream yet.
    var inMemory: Int { routes.reduce(pinned.count + failingOver.count) { $0 + $1.window.count } }
    /// Messages known by number only.
    var numbersOnly: Int {
        routes.reduce(waiting.readyCount + waiting.timedCount + unsorted.parkedCount) { $0 + $1.parkedCount }
    }
    /// Messages that could have an upstream but do not yet.
    var backlog: Int { inMemory + loadingCount + waiting.readyCount }
    /// Whether every route waits for an upstream to come back.
    var isBlocked: Bool { routes.allSatisfy(\.isBlocked) }
    var nextDue: Timestamp? { waiting.nextDue }
    var hasStranded: Bool { waiting.hasStranded }
    /// Whether only the return of an upstream could give it something to do.
    var isIdleButForStranded: Bool {
        waiting.hasStranded && waiting.readyCount == 0 && loadingCount == 0 && unsorted.parkedCount == 0
    }

    /// Whether nothing waits for upstreams of this route.
    func isEmpty(route: Int) -> Bool { routes[route].window.isEmpty && routes[route].parkedCount == 0 }

    private var isTrivial: Bool { routes.count == 1 }

    // MARK: - Waiting

    /// Adds a message in memory after all ready ones of its class.
    func add(_ id: QueueID, job: DeliveryJob, priority: Priority) {
        locations[id] = .ready
        waiting.add(id, job: job, priority: priority)
    }

    /// Adds a message after all ready ones of its class.
    ///
    /// - Parameters:
    ///   - isAhead: whether its turn comes before its recorded time.
    ///   - deadline: when it must be looked at although it has had no turn; nil for never.
    func add(_ id: QueueID, priority: Priority, isAhead: Bool = false, deadline: Timestamp? = nil) {
        locations[id] = nil
        waiting.add(id, job: nil, priority: priority, isAhead: isAhead, deadline: deadline?.milliseconds ?? .max)
    }

    /// Lets a message wait for its time.
    ///
    /// - Parameter deadline: when it must be looked at in any case; nil for never.
    func schedule(
        _ id: QueueID, due: Timestamp, deadline: Timestamp? = nil, priority: Priority,
        _ release: CycleStep.Release = .time
    ) {
        locations[id] = nil
        waiting.add(id, due: due, deadline: deadline, priority: priority, release)
    }

    /// Lets a message wait for its time; one without a time needs an operator, and waits in the spool only.
    func wait(_ message: SpooledMessage, until due: DueTimes?, _ release: CycleStep.Release = .time) {
        guard let due else { return forget(message.id) }
        schedule(message.id, due: due.attempt, deadline: due.deadline, priority: message.priority, release)
    }

    /// Returns a message to the head of its class as if its cycle had not begun.
    func putBack(_ job: DeliveryJob) {
        putBack(job.id, priority: job.message.priority, isAhead: job.isAhead, deadline: deadline(of: job))
    }

    /// Returns a message to the head of its class.
    func putBack(_ id: QueueID, priority: Priority, isAhead: Bool, deadline: Timestamp?) {
        locations[id] = nil
        waiting.putBack(id, priority: priority, isAhead: isAhead, deadline: deadline?.milliseconds ?? .max)
    }

    private func deadline(of job: DeliveryJob) -> Timestamp? { waiting.sweep.rules.deadline(job.message) }

    /// The message is gone, or waits for an operator only.
    func forget(_ id: QueueID) { locations[id] = nil }

    /// Makes due messages ready.
    func release(until now: Timestamp) { overdue += waiting.release(until: now) }

    func releaseOneStranded() { waiting.releaseOneStranded() }

    /// A suspect upstream works again.
    func releaseStranded() { waiting.releaseStranded() }

    /// A circuit has closed, or an operator enables an upstream: parked messages are examined again too, because their
    /// recipients may have other routes by now.
    func releaseAll() {
        waiting.releaseAll()
        guard !isTrivial else { return }
        for index in routes.indices {
            for (entry, priority) in routes[index].takeAllParked() {
                waiting.add(
                    entry.id, job: nil, priority: priority, isAhead: entry.isAhead, deadline: entry.deadline)
            }
        }
    }

    // MARK: - Entering the lines

    /// Maximum messages of one route in memory; with a single route, the whole window.
    private var lineSize: Int { isTrivial ? Self.windowSize : Self.windowSize / 4 }

    /// Moves ready messages into the lines.
    ///
    /// - Parameters:
    ///   - isShort: whether memory is short: less is loaded ahead then.
    ///   - place: called for each message in memory; it must end in ``place(_:)``.
    /// - Returns: messages to be read from the spool; end each with ``loaded(_:)``.
    func fill(isShort: Bool, place: (DeliveryJob) -> Void) -> [QueueID] {
        let window = isShort ? Self.loadBatch / 2 : Self.windowSize
        var missing: [QueueID] = []
        if !isTrivial { takeParked(into: &missing) }
        takeUnsorted(into: &missing)
        while hasRoom(in: window, beside: missing.count), missing.count < Self.loadBatch,
            let entry = waiting.takeReady()
        {
            if let job = entry.job {
                job.isAhead = entry.isAhead
                place(job)
            } else {
                load(entry.id, isAhead: entry.isAhead, entry.priority, &missing)
            }
        }
        loadingCount += missing.count
        return missing
    }

    private func load(_ id: QueueID, isAhead: Bool, _ priority: Priority, _ missing: inout [QueueID]) {
        if priority != .normal { loadingPriorities[id] = priority }
        missing.append(id)
        locations[id] = .loading
        if isAhead { loadingAhead.insert(id) }
    }

    /// A blocked route must not keep the others from being examined: its messages are parked as they come.
    private func hasRoom(in window: Int, beside missing: Int) -> Bool {
        guard isTrivial else { return loadingCount + missing < Self.loadBatch }
        // Messages failing over take no room from the line.
        return inMemory - failingOver.count + loadingCount + missing < window
    }

    private func takeParked(into missing: inout [QueueID]) {
        for index in routes.indices where !routes[index].isBlocked || routes[index].window.isEmpty {
            var room = lineSize / 2 - routes[index].window.count - loadingCount
            while room > 0, missing.count < Self.loadBatch, let entry = routes[index].takeParked() {
                room -= 1
                load(entry.id, isAhead: entry.isAhead, entry.priority, &missing)
            }
        }
    }

    /// At most half of what is read at once, so that fresh mail does not wait for all of them.
    private func takeUnsorted(into missing: inout [QueueID]) {
        while loadingCount + missing.count < Self.loadBatch / 2, let entry = unsorted.takeParked() {
            load(entry.id, isAhead: entry.isAhead, entry.priority, &missing)
        }
    }

    /// A message was read, or could not be.
    ///
    /// - Returns: whether its turn came before its recorded time, and its priority.
    func loaded(_ id: QueueID) -> (isAhead: Bool, priority: Priority) {
        loadingCount -= 1
        locations[id] = nil
        return (loadingAhead.remove(id) != nil, loadingPriorities.removeValue(forKey: id) ?? .normal)
    }

    /// Puts a message at the end of its line.
    ///
    /// - Returns: false if it is parked, so that its attempt must not stay open.
    func place(_ job: DeliveryJob) -> Bool {
        guard job.cycle.terms.onlyUpstreams == nil else {
            locations[job.id] = .pinned
            pinned.append(job)
            return true
        }
        guard !isTrivial, routes[job.route].window.count >= lineSize else {
            locations[job.id] = .inLine
            routes[job.route].append(job)
            return true
        }
        locations[job.id] = nil
        let deadline = deadline(of: job)?.milliseconds ?? .max
        waiting.sweep.note(deadline)
        routes[job.route].park(job.id, priority: job.message.priority, isAhead: job.isAhead, deadline: deadline)
        return false
    }

    // MARK: - Overdue

    /// When the next overdue message is to be looked for; nil if none waits for its turn.
    var nextSweep: Timestamp? {
        backlog - loadingCount > 0 || unsorted.parkedCount > 0 || routes.contains { $0.parkedCount > 0 }
            ? waiting.sweep.at : nil
    }

    /// Takes out messages that must be looked at; each must be given back.
    ///
    /// - Parameter canMove: whether some upstream of a route works.
    func takeOverdue(at now: Timestamp, canMove: (_ route: Int) -> Bool) -> [OverdueMessage] {
        if waiting.sweep.at <= now, nextSweep != nil { sweep(now, canMove) }
        guard !overdue.isEmpty else { return [] }
        defer { overdue = [] }
        for message in overdue { locations[message.id] = .changing }
        return overdue
    }

    private func sweep(_ now: Timestamp, _ canMove: (_ route: Int) -> Bool) {
        waiting.sweep.begin(now)
        // With several routes, nothing is ready for long: it is not known yet whether it can move.
        let isStuck = isTrivial && !canMove(0)
        overdue += waiting.removeOverdueReady(isStuck: isStuck)
        for index in routes.indices {
            overdue += routes[index].removeOverdue(isStuck: !canMove(index), &waiting.sweep)
        }
        overdue += unsorted.removeOverdue(isStuck: false, &waiting.sweep)
        waiting.sweep.end()
    }

    // MARK: - Leaving the lines

    /// The first message of a line.
    func first(route: Int) -> DeliveryJob? { routes[route].window.first }

    /// The first message of a line has left.
    func removeFirst(route: Int) { _ = routes[route].removeFirst() }

    func setBlocked(_ isBlocked: Bool, route: Int) { routes[route].isBlocked = isBlocked }

    /// Takes messages out of a line to return them to the queue.
    func takeOut(route: Int, where isMeant: (DeliveryJob) -> Bool) -> [DeliveryJob] {
        routes[route].removeAll(where: isMeant)
    }

    func takePinned() -> [DeliveryJob] {
        defer { pinned = [] }
        return pinned
    }

    func takeFailingOver() -> [DeliveryJob] {
        defer { failingOver = [] }
        return failingOver
    }

    /// Keeps a message in memory while a working upstream has no room or no turn for it.
    ///
    /// - Returns: false if there are too many such messages.
    func keep(_ job: DeliveryJob) -> Bool {
        if job.cycle.tried.isEmpty {
            locations[job.id] = .inLine
            routes[job.route].prepend(job)
            return true
        }
        guard failingOver.count < Self.windowSize else { return false }
        locations[job.id] = .failingOver
        failingOver.append(job)
        return true
    }

    /// An upstream's pool has the message from here on.
    func handedOver(_ id: QueueID) { locations[id] = .withUpstream }

    /// The relay is stopping: nothing starts any more.
    func removeAll() {
        for index in routes.indices { routes[index].removeAll() }
        unsorted.removeAll()
        pinned.removeAll()
        failingOver.removeAll()
    }

    // MARK: - Reloads

    /// Other routes apply from now on. Parked messages keep their lines if these are the same, and are looked at again
    /// otherwise, as they come to be read.
    ///
    /// - Returns: what was in the lines, and pinned: each must be placed again, or put back.
    func replaceRoutes(count: Int, isSortedAlike: Bool) -> [DeliveryJob] {
        var jobs = takePinned()
        for index in routes.indices {
            jobs += routes[index].removeAll { _ in true }
            routes[index].isBlocked = false
        }
        guard !isSortedAlike else { return jobs }
        let parked = routes.indices.flatMap { routes[$0].takeAllParked() } + unsorted.takeAllParked()
        routes = Array(repeating: RouteQueue(), count: count)
        if isTrivial {
            // They come before what is ready.
            for (entry, priority) in parked.reversed() {
                waiting.putBack(entry.id, priority: priority, isAhead: entry.isAhead, deadline: entry.deadline)
            }
        } else {
            for (entry, priority) in parked {
                unsorted.park(entry.id, priority: priority, isAhead: entry.isAhead, deadline: entry.deadline)
            }
        }
        return jobs
    }

    /// Takes messages in memory that wait for their turn, to put them back.
    func takeReady(where isMeant: (DeliveryJob) -> Bool) -> [DeliveryJob] { waiting.takeReady(where: isMeant) }

    /// Lets every message that waits for an upstream have its turn; what is parked has it by itself.
    func releaseWaiting() { waiting.releaseAll() }

    /// Other deadlines apply from now on, to what is in memory at once.
    func replace(_ rules: DeadlineRules, at now: Timestamp) { waiting.sweep.replace(rules, at: now) }

    /// Gives every message that waits the times of now.
    ///
    /// - Parameters:
    ///   - schedule: what the spool has.
    ///   - times: what becomes of a message.
    func renew(by schedule: SpoolSchedule, _ times: WaitingTimes) {
        var seen = waiting.renew(by: schedule, times)
        unsorted.renew(by: schedule, times, &waiting.sweep, &seen)
        for index in routes.indices { routes[index].renew(by: schedule, times, &waiting.sweep, &seen) }
        // A doubt that waited for an operator by the settings before is nowhere. Nothing else is: a fresh message that is not
        // here yet is about to arrive, and must not be here twice.
        for (place, message) in schedule.messages.enumerated()
        where message.inDoubt && !seen[place] && locations[message.id] == nil {
            add(message.id, priority: message.priority, deadline: times.deadline(of: message))
        }
    }

    // MARK: - Operators

    /// Result of taking a message out.
    enum Taking: Hashable {
        /// The operator has it; ``giveBack(_:)`` ends that.
        ///
        /// - Parameter priority: its priority, if the message had a place in the queue, which it gets back; else nil.
        case taken(Priority?)
        /// Work in progress would not notice a change.
        case underWay
        /// Another operator has it.
        case busy
    }

    /// Takes a message out, so that nothing starts for it while an order is carried out. A message in line that has not
    /// started can be taken: the spool's copy is complete.
    func take(_ id: QueueID) -> Taking {
        switch location(of: id) {
        case nil: locations[id] = .changing
        case .ready where locations[id] == nil, .scheduled: return take(id, waiting.remove(id))
        case .parked:
            return take(
                id, unsorted.removeParked(id) ?? routes.indices.compactMap { routes[$0].removeParked(id) }.first)
        case .inLine:
            let jobs = routes.indices.flatMap { index in
                routes[index].removeAll { $0.id == id && $0.cycle.tried.isEmpty }
            }
            return take(id, jobs.first?.message.priority)
        case .ready, .loading, .pinned, .failingOver, .withUpstream: return .underWay
        case .changing: return .busy
        }
        return .taken(nil)
    }

    /// - Parameter priority: of the message that was removed; nil if none was.
    private func take(_ id: QueueID, _ priority: Priority?) -> Taking {
        guard let priority else { return .underWay }
        locations[id] = .changing
        return .taken(priority)
    }

    /// Result of taking many messages out.
    struct BulkTaking {
        var taken: Set<QueueID> = []
        /// Work in progress would not notice a change.
        var underWay: Set<QueueID> = []
        /// In memory until now: their trials decide nothing.
        var jobs: [DeliveryJob] = []
        /// Of those taken that had a place in the queue, which they get back.
        var priorities: [QueueID: Priority] = [:]
    }

    /// Takes many messages out in one pass, so that nothing starts for them. What no upstream has, and is not being read,
    /// can be taken: the spool's copy is complete.
    func take(_ ids: Set<QueueID>) -> BulkTaking {
        var result = BulkTaking()
        result.underWay = ids.filter { id in
            switch locations[id] {
            case .loading, .withUpstream, .changing: true
            case .ready, .scheduled, .parked, .inLine, .pinned, .failingOver, nil: false
            }
        }
        result.taken = ids.subtracting(result.underWay)
        guard !result.taken.isEmpty else { return result }
        let removed = waiting.remove(result.taken)
        result.jobs = removed.jobs + removeInMemory(result.taken)
        result.priorities = removed.priorities
        for job in result.jobs { result.priorities[job.id] = job.message.priority }
        result.priorities.merge(unsorted.removeParked(result.taken)) { first, _ in first }
        for index in routes.indices {
            result.priorities.merge(routes[index].removeParked(result.taken)) { first, _ in first }
        }
        for id in result.taken { locations[id] = .changing }
        return result
    }

    private func removeInMemory(_ ids: Set<QueueID>) -> [DeliveryJob] {
        var jobs: [DeliveryJob] = []
        for index in routes.indices { jobs += routes[index].removeAll { ids.contains($0.id) } }
        jobs += (pinned + failingOver).filter { ids.contains($0.id) }
        pinned.removeAll { ids.contains($0.id) }
        failingOver.removeAll { ids.contains($0.id) }
        return jobs
    }

    /// The order has been carried out.
    func giveBack(_ id: QueueID) {
        if locations[id] == .changing { locations[id] = nil }
    }
}
