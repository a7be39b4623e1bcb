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
/// A message whose recipients must all wait for the pace of their domain is `paced` instead of in line, and `ready` again when
/// its turn comes.
///
/// Waiting messages are just numbers, possibly millions of them; finding one takes a search, which only operators
/// request. Messages in memory are few, and their locations are indexed.
///
/// Confined to the delivery's event loop.
final class DeliveryQueue {
    /// Maximum number of messages of one class kept loaded ahead of their turn.
    static let windowSize = 256
    /// Number of messages of one class read back at once.
    static let loadBatch = 64

    /// Where a message is.
    enum Location: Hashable {
        /// Its turn comes as soon as there is room.
        case ready
        /// It waits for a time, for an upstream to come back, or for its stream to go on.
        case scheduled
        /// It waits after others of a blocked route.
        case parked
        /// It waits for the pace of a recipient's domain.
        case paced
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
    /// Of streams that stand still.
    private(set) var resting = RestingMessages()
    /// By route.
    private(set) var routes: [RouteQueue]
    /// Parked messages whose route is not known any more: they are read again, beside what has its turn.
    private var unsorted = RouteQueue()
    /// Written by ``DeliveryQueue+Pace``; empty where no mail waits for its pace.
    var paced: [PaceTable.Key: PaceLine] = [:]
    private var pinned: [DeliveryJob] = []
    private var failingOver = ClassQueue<DeliveryJob>()
    /// For messages in memory, those being read, and those subject to an operator's order.
    private var locations: [QueueID: Location] = [:]
    /// By class.
    private var loading = [Int](repeating: 0, count: Priority.allCases.count)
    /// Messages being read whose turn came before their recorded time.
    private var loadingAhead: Set<QueueID> = []
    /// Ranks of messages being read.
    private var loadingRanks: [QueueID: MessageRank] = [:]
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
        if isPaced(id) { return .paced }
        if waiting.isReady(id) { return .ready }
        return waiting.isScheduled(id) || resting.contains(id) ? .scheduled : nil
    }

    /// Whether a message is in memory, being read, or subject to an operator's order.
    func isHeld(_ id: QueueID) -> Bool { locations[id] != nil }

    /// Messages being read.
    var loadingCount: Int { loading[0] + loading[1] + loading[2] }
    /// Messages in memory without an upstream yet.
    var inMemory: Int { routes.reduce(pinned.count + failingOver.count) { $0 + $1.window.count } }
    /// Messages known by number only.
    var numbersOnly: Int {
        routes.reduce(waiting.readyCount + waiting.timedCount + resting.count + unsorted.parkedCount + pacedCount) {
            $0 + $1.parkedCount
        }
    }
    /// Messages that could have an upstream but do not yet.
    var backlog: Int { inMemory + loadingCount + waiting.readyCount }

    /// The same of one class.
    func backlog(of priority: Priority) -> Int {
        waiting.readyCount(of: priority) + loading[Int(priority.rawValue)] + inLine(of: priority)
            + failingOver.count(of: priority)
    }

    /// Messages of a class in memory that no upstream has failed.
    private func inLine(of priority: Priority) -> Int {
        routes.reduce(pinned.count { $0.rank.priority == priority }) { $0 + $1.window.count(of: priority) }
    }

    /// Whether every route waits for an upstream to come back.
    var isBlocked: Bool { routes.allSatisfy(\.isBlocked) }
    var nextDue: Timestamp? {
        guard !paced.isEmpty || resting.count > 0 else { return waiting.nextDue }
        return [waiting.nextDue, nextPacedWake, resting.nextDeadline].compactMap { $0 }.min()
    }
    var hasStranded: Bool { waiting.hasStranded }
    /// Whether only the return of an upstream could give it something to do.
    var isIdleButForStranded: Bool {
        waiting.hasStranded && waiting.readyCount == 0 && loadingCount == 0 && unsorted.parkedCount == 0
    }

    /// Whether nothing waits for upstreams of this route.
    func isEmpty(route: Int) -> Bool { routes[route].window.isEmpty && routes[route].parkedCount == 0 }

    private var isTrivial: Bool { routes.count == 1 }

    // MARK: - Waiting

    /// Adds a message in memory after all ready ones of its user and recipient domain.
    func add(_ job: DeliveryJob) {
        locations[job.id] = .ready
        waiting.add(job.id, job: job, rank: job.rank)
    }

    /// Adds a message after all ready ones of its user and recipient domain.
    ///
    /// - Parameters:
    ///   - isAhead: whether its turn comes before its recorded time.
    ///   - deadline: when it must be looked at although it has had no turn; nil for never.
    func add(_ id: QueueID, rank: MessageRank, isAhead: Bool = false, deadline: Timestamp? = nil) {
        locations[id] = nil
        waiting.add(id, job: nil, rank: rank, isAhead: isAhead, deadline: deadline?.milliseconds ?? .max)
    }

    /// Lets a message wait for its time.
    ///
    /// - Parameter deadline: when it must be looked at in any case; nil for never.
    func schedule(
        _ id: QueueID, due: Timestamp, deadline: Timestamp? = nil, rank: MessageRank,
        _ release: CycleStep.Release = .time
    ) {
        locations[id] = nil
        waiting.add(id, due: due, deadline: deadline, rank: rank, release)
    }

    /// Lets a message wait for its time; one without a time needs an operator, and waits in the spool only.
    func wait(_ message: SpooledMessage, until due: DueTimes?, _ release: CycleStep.Release = .time) {
        guard let due else { return forget(message.id) }
        schedule(message.id, due: due.attempt, deadline: due.deadline, rank: MessageRank(message), release)
    }

    /// Returns a message to the head of its class as if its cycle had not begun.
    func putBack(_ job: DeliveryJob) {
        putBack(job.id, rank: job.rank, isAhead: job.isAhead, deadline: deadline(of: job))
    }

    /// Returns a message to the head of its class; only a few may be there.
    func putBack(_ id: QueueID, rank: MessageRank, isAhead: Bool, deadline: Timestamp?) {
        locations[id] = nil
        waiting.putBack(id, rank: rank, isAhead: isAhead, deadline: deadline?.milliseconds ?? .max)
    }

    /// Returns one of any number of messages, which have had no turn, to the head of its line, in the order of calls.
    func putBackInLine(_ id: QueueID, rank: MessageRank, isAhead: Bool, deadline: Timestamp?) {
        locations[id] = nil
        waiting.putBackInLine(id, rank: rank, isAhead: isAhead, deadline: deadline?.milliseconds ?? .max)
    }

    /// When it must be looked at although it has had no turn; nil for never.
    func deadline(of job: DeliveryJob) -> Timestamp? { waiting.sweep.rules.deadline(job.message) }

    /// A message must be looked at then.
    func note(deadline: Int64) { waiting.sweep.note(deadline) }

    /// Lets a message wait until its stream goes on.
    ///
    /// - Parameter deadline: when it must be looked at in any case; nil for never.
    func rest(_ id: QueueID, of stream: String, rank: MessageRank, deadline: Timestamp?) {
        locations[id] = nil
        resting.add(id, of: stream, rank: rank, deadline: deadline)
    }

    /// Makes the first messages of a stream ready that wait for it.
    ///
    /// - Returns: these.
    func releaseResting(of stream: String, most: Int) -> [QueueID] {
        let released = resting.release(stream, most: most)
        for (id, rank, deadline) in released { waiting.add(id, job: nil, rank: rank, deadline: deadline) }
        return released.map(\.id)
    }

    /// Classes have other shares from now on.
    func replace(_ weights: ClassWeights) { resting.replace(weights) }

    /// The message is gone, or waits for an operator only.
    func forget(_ id: QueueID) { locations[id] = nil }

    /// Makes due messages ready.
    func release(until now: Timestamp) {
        overdue += waiting.release(until: now) + resting.takeOverdue(at: now)
        wakePaced(until: now)
    }

    func releaseOneStranded() { waiting.releaseOneStranded() }

    /// A suspect upstream works again.
    func releaseStranded() { waiting.releaseStranded() }

    /// A circuit has closed, or an operator enables an upstream: parked messages are examined again too, because their
    /// recipients may have other routes by now.
    func releaseAll() {
        waiting.releaseAll()
        guard !isTrivial else { return }
        for index in routes.indices {
            for entry in routes[index].takeAllParked() {
                waiting.add(
                    entry.id, job: nil, rank: entry.rank, isAhead: entry.isAhead, deadline: entry.deadline)
            }
        }
    }

    // MARK: - Entering the lines

    /// Maximum messages of one class and route in memory; with a single route, the whole window.
    private var lineSize: Int { isTrivial ? Self.windowSize : Self.windowSize / 4 }

    /// Moves ready messages into the lines.
    ///
    /// - Parameters:
    ///   - isShort: whether memory is short: less is loaded ahead then.
    ///   - place: called for each message in memory; it must end in ``place(_:)``.
    /// - Returns: messages to be read from the spool; end each with ``loaded(_:)``.
    func fill(isShort: Bool, place: (DeliveryJob) -> Void) -> [QueueID] {
        var missing: [QueueID] = []
        if !isTrivial { takeParked(into: &missing) }
        takeUnsorted(into: &missing)
        let window = isShort ? Self.loadBatch / 2 : Self.windowSize
        for priority in Priority.allCases where waiting.readyCount(of: priority) > 0 {
            fill(priority, window, &missing, place)
        }
        return missing
    }

    /// Each class has its own room, so that none of them waits for another here: they meet at the upstreams.
    private func fill(
        _ priority: Priority, _ window: Int, _ missing: inout [QueueID], _ place: (DeliveryJob) -> Void
    ) {
        var (room, reads) = (room(for: priority, in: window), Self.loadBatch)
        while room > 0, reads > 0, let entry = waiting.takeReady(of: priority) {
            if let job = entry.job {
                job.isAhead = entry.isAhead
                place(job)
                // A blocked route must not keep the others from being examined: its messages are parked as they come.
                if isTrivial { room -= 1 }
            } else {
                load(entry.id, isAhead: entry.isAhead, entry.rank, &missing)
                (room, reads) = (room - 1, reads - 1)
            }
        }
    }

    private func load(_ id: QueueID, isAhead: Bool, _ rank: MessageRank, _ missing: inout [QueueID]) {
        loading[Int(rank.priority.rawValue)] += 1
        loadingRanks[id] = rank
        missing.append(id)
        locations[id] = .loading
        if isAhead { loadingAhead.insert(id) }
    }

    /// Messages failing over take no room from the line.
    private func room(for priority: Priority, in window: Int) -> Int {
        let loading = loading[Int(priority.rawValue)]
        return isTrivial ? window - inLine(of: priority) - loading : Self.loadBatch - loading
    }

    private func takeParked(into missing: inout [QueueID]) {
        let before = loading
        for index in routes.indices {
            for priority in Priority.allCases where routes[index].isShort(of: priority) {
                takeParked(of: index, priority, beside: before[Int(priority.rawValue)], into: &missing)
            }
        }
    }

    /// - Parameter before: messages of the class that were being read already, of whatever route.
    private func takeParked(
        of route: Int, _ priority: Priority, beside before: Int, into missing: inout [QueueID]
    ) {
        var room = min(
            lineSize / 2 - routes[route].window.count(of: priority) - before,
            Self.loadBatch - loading[Int(priority.rawValue)])
        while room > 0, let entry = routes[route].takeParked(of: priority) {
            room -= 1
            load(entry.id, isAhead: entry.isAhead, entry.rank, &missing)
        }
    }

    /// At most half of what is read at once of each class, so that fresh mail does not wait for all of them.
    private func takeUnsorted(into missing: inout [QueueID]) {
        for priority in Priority.allCases where unsorted.parkedCount(of: priority) > 0 {
            while loading[Int(priority.rawValue)] < Self.loadBatch / 2, let entry = unsorted.takeParked(of: priority) {
                load(entry.id, isAhead: entry.isAhead, entry.rank, &missing)
            }
        }
    }

    /// A message was read, or could not be.
    ///
    /// - Returns: whether its turn came before its recorded time, and its rank.
    func loaded(_ id: QueueID) -> (isAhead: Bool, rank: MessageRank) {
        guard let rank = loadingRanks.removeValue(forKey: id) else {
            preconditionFailure("a message was read that nobody had asked for")
        }
        loading[Int(rank.priority.rawValue)] -= 1
        locations[id] = nil
        return (loadingAhead.remove(id) != nil, rank)
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
        guard !isTrivial, routes[job.route].window.count(of: job.rank.priority) >= lineSize else {
            locations[job.id] = .inLine
            routes[job.route].append(job)
            return true
        }
        locations[job.id] = nil
        let deadline = deadline(of: job)?.milliseconds ?? .max
        waiting.sweep.note(deadline)
        routes[job.route].park(job.id, rank: job.rank, isAhead: job.isAhead, deadline: deadline)
        return false
    }

    // MARK: - Overdue

    /// When the next overdue message is to be looked for; nil if none waits for its turn.
    var nextSweep: Timestamp? {
        backlog - loadingCount > 0 || hasParked || !paced.isEmpty ? waiting.sweep.at : nil
    }

    private var hasParked: Bool { unsorted.parkedCount > 0 || routes.contains { $0.parkedCount > 0 } }
    /// Whether messages wait for their turn, in memory or not.
    var isTurnAwaited: Bool { backlog > 0 || hasParked || !paced.isEmpty }

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
        // In the order of their turns, in which they are put back.
        for index in routes.indices {
            overdue += routes[index].removeOverdue(isStuck: !canMove(index), &waiting.sweep)
        }
        overdue += unsorted.removeOverdue(isStuck: false, &waiting.sweep)
        // With several routes, nothing is ready for long: it is not known yet whether it can move.
        overdue += waiting.removeOverdueReady(isStuck: isTrivial && !canMove(0))
        for key in paced.keys { overdue += paced[key]?.removeOverdue(&waiting.sweep) ?? [] }
        waiting.sweep.end()
    }

    // MARK: - Leaving the lines

    /// The first message of a class in a line.
    func first(route: Int, of priority: Priority) -> DeliveryJob? { routes[route].window.first(of: priority) }

    /// The first message of a class in a line has left.
    func removeFirst(route: Int, of priority: Priority) { routes[route].removeFirst(of: priority) }

    /// Whether nothing of a route is in memory.
    func isLineEmpty(route: Int) -> Bool { routes[route].window.isEmpty }

    func setBlocked(_ isBlocked: Bool, route: Int) { routes[route].isBlocked = isBlocked }

    /// Takes messages out of a line to return them to the queue.
    func takeOut(route: Int, where isMeant: (DeliveryJob) -> Bool) -> [DeliveryJob] {
        routes[route].removeAll(where: isMeant)
    }

    func takePinned() -> [DeliveryJob] {
        defer { pinned = [] }
        return pinned
    }

    /// - Returns: these, by class.
    func takeFailingOver() -> [DeliveryJob] {
        guard !failingOver.isEmpty else { return [] }
        return failingOver.removeAll { _ in true }
    }

    /// Keeps a message in memory while a working upstream has no room or no turn for it.
    ///
    /// - Returns: false if there are too many such messages of its class.
    func keep(_ job: DeliveryJob) -> Bool {
        if job.cycle.tried.isEmpty {
            locations[job.id] = .inLine
            routes[job.route].prepend(job)
            return true
        }
        guard failingOver.count(of: job.rank.priority) < Self.windowSize else { return false }
        locations[job.id] = .failingOver
        failingOver.append(job, job.rank.priority)
        return true
    }

    /// An upstream's pool has the message from here on.
    func handedOver(_ id: QueueID) { locations[id] = .withUpstream }

    /// The relay is stopping: nothing starts any more.
    func removeAll() {
        for index in routes.indices { routes[index].removeAll() }
        unsorted.removeAll()
        pinned.removeAll()
        _ = takeFailingOver()
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
            // They come before what is ready of the same user and domain.
            for entry in parked {
                waiting.putBackInLine(entry.id, rank: entry.rank, isAhead: entry.isAhead, deadline: entry.deadline)
            }
        } else {
            for entry in parked {
                unsorted.park(entry.id, rank: entry.rank, isAhead: entry.isAhead, deadline: entry.deadline)
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
        for key in paced.keys { paced[key]?.renew(by: schedule, times, &waiting.sweep, &seen) }
        resting.renew(by: schedule, times, &seen)
        for index in routes.indices { routes[index].renew(by: schedule, times, &waiting.sweep, &seen) }
        // A doubt that waited for an operator by the settings before is nowhere. Nothing else is: a fresh message that is not
        // here yet is about to arrive, and must not be here twice.
        for (place, message) in schedule.messages.enumerated()
        where message.inDoubt && !seen[place] && locations[message.id] == nil {
            add(message.id, rank: MessageRank(message), deadline: times.deadline(of: message))
        }
    }

    // MARK: - Operators

    /// Result of taking a message out.
    enum Taking: Hashable {
        /// The operator has it; ``giveBack(_:)`` ends that.
        ///
        /// - Parameter rank: its rank, if the message had a place in the queue, which it gets back; else nil.
        case taken(MessageRank?)
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
        case .ready where locations[id] == nil, .scheduled:
            return take(id, waiting.remove(id) ?? resting.remove(id))
        case .parked:
            return take(
                id, unsorted.removeParked(id) ?? routes.indices.compactMap { routes[$0].removeParked(id) }.first)
        case .paced: return take(id, removePaced(id))
        case .inLine:
            let jobs = routes.indices.flatMap { index in
                routes[index].removeAll { $0.id == id && $0.cycle.tried.isEmpty }
            }
            return take(id, jobs.first?.rank)
        case .ready, .loading, .pinned, .failingOver, .withUpstream: return .underWay
        case .changing: return .busy
        }
        return .taken(nil)
    }

    /// - Parameter rank: of the message that was removed; nil if none was.
    private func take(_ id: QueueID, _ rank: MessageRank?) -> Taking {
        guard let rank else { return .underWay }
        locations[id] = .changing
        return .taken(rank)
    }

    /// Result of taking many messages out.
    struct BulkTaking {
        var taken: Set<QueueID> = []
        /// Work in progress would not notice a change.
        var underWay: Set<QueueID> = []
        /// In memory until now: their trials decide nothing.
        var jobs: [DeliveryJob] = []
        /// Of those taken that had a place in the queue, which they get back.
        var ranks: [QueueID: MessageRank] = [:]
    }

    /// Takes many messages out in one pass, so that nothing starts for them. What no upstream has, and is not being read,
    /// can be taken: the spool's copy is complete.
    func take(_ ids: Set<QueueID>) -> BulkTaking {
        var result = BulkTaking()
        result.underWay = ids.filter { id in
            switch locations[id] {
            case .loading, .withUpstream, .changing: true
            case .ready, .scheduled, .parked, .paced, .inLine, .pinned, .failingOver, nil: false
            }
        }
        result.taken = ids.subtracting(result.underWay)
        guard !result.taken.isEmpty else { return result }
        let removed = waiting.remove(result.taken)
        result.jobs = removed.jobs + removeInMemory(result.taken)
        result.ranks = removed.ranks
        for job in result.jobs { result.ranks[job.id] = job.rank }
        result.ranks.merge(unsorted.removeParked(result.taken)) { first, _ in first }
        if !paced.isEmpty { result.ranks.merge(removePaced(result.taken)) { first, _ in first } }
        if resting.count > 0 { result.ranks.merge(resting.remove(result.taken)) { first, _ in first } }
        for index in routes.indices {
            result.ranks.merge(routes[index].removeParked(result.taken)) { first, _ in first }
        }
        for id in result.taken { locations[id] = .changing }
        return result
    }

    private func removeInMemory(_ ids: Set<QueueID>) -> [DeliveryJob] {
        var jobs: [DeliveryJob] = []
        for index in routes.indices { jobs += routes[index].removeAll { ids.contains($0.id) } }
        jobs += pinned.filter { ids.contains($0.id) }
        pinned.removeAll { ids.contains($0.id) }
        jobs += failingOver.removeAll { ids.contains($0.id) }
        return jobs
    }

    /// The order has been carried out.
    func giveBack(_ id: QueueID) {
        if locations[id] == .changing { locations[id] = nil }
    }
}
