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
/// Messages that wait are a number each, and may be millions; where one of them is takes a search, which only operators
/// ask for. Messages in memory are few, and their locations are at hand.
///
/// Confined to the delivery's event loop.
final class DeliveryQueue {
    /// Messages that are kept loaded ahead of their turn.
    static let windowSize = 256
    /// Messages read back in one go.
    static let loadBatch = 64

    /// Where a message is.
    enum Location: Hashable {
        /// Its turn comes as soon as there is room.
        case ready
        /// It waits for a time, or for an upstream to come back.
        case scheduled
        /// It waits behind others of a route that stands.
        case parked
        /// It is being read from the spool.
        case loading
        /// In memory: it waits for an upstream of its route.
        case inLine
        /// In memory: it may use few upstreams only, and stands in no line.
        case pinned
        /// In memory: an upstream has failed it, and it waits for room at another.
        case failingOver
        /// An upstream's pool or session has it.
        case withUpstream
        /// An operator's order is carried out on it.
        case withOperator
    }

    private var waiting = WaitingMessages()
    /// By route.
    private var routes: [RouteQueue]
    private var pinned: [DeliveryJob] = []
    private var failingOver: [DeliveryJob] = []
    /// Of messages in memory, of those being read, and of those that an operator's order is about.
    private var locations: [QueueID: Location] = [:]
    private(set) var loadingCount = 0
    /// Messages being read whose turn has come before the time that is recorded for them.
    private var loadingAhead: Set<QueueID> = []

    init(routeCount: Int) {
        routes = Array(repeating: RouteQueue(), count: routeCount)
        locations.reserveCapacity(2 * Self.windowSize)
    }

    // MARK: - Where things are

    /// Where the message is; nil for one that waits for an operator alone, or is gone.
    func location(of id: QueueID) -> Location? {
        if let location = locations[id] { return location }
        if routes.contains(where: { $0.isParked(id) }) { return .parked }
        return waiting.isReady(id) ? .ready : waiting.isScheduled(id) ? .scheduled : nil
    }

    /// Messages in memory that have no upstream yet.
    var inMemory: Int { routes.reduce(pinned.count + failingOver.count) { $0 + $1.window.count } }
    /// Messages that are known by their numbers only.
    var numbersOnly: Int { routes.reduce(waiting.readyCount + waiting.timedCount) { $0 + $1.parkedCount } }
    /// Messages that have no upstream yet and could have one.
    var backlog: Int { inMemory + loadingCount + waiting.readyCount }
    /// Whether every route waits for an upstream to come back.
    var isBlocked: Bool { routes.allSatisfy(\.isBlocked) }
    var nextDue: Timestamp? { waiting.nextDue }
    var hasStranded: Bool { waiting.hasStranded }
    /// Whether only the way back of an upstream could give it something to do.
    var isIdleButForStranded: Bool { waiting.hasStranded && waiting.readyCount == 0 && loadingCount == 0 }

    /// Whether nothing waits for upstreams of this route.
    func isEmpty(route: Int) -> Bool { routes[route].window.isEmpty && routes[route].parkedCount == 0 }

    private var isTrivial: Bool { routes.count == 1 }

    // MARK: - Waiting

    /// Puts a message behind all ready ones of its class.
    ///
    /// - Parameter job: where it is still in memory.
    func add(_ id: QueueID, job: DeliveryJob? = nil, priority: Priority) {
        locations[id] = job == nil ? nil : .ready
        waiting.add(id, job: job, priority: priority)
    }

    /// Lets a message wait for its time.
    func schedule(_ id: QueueID, due: Timestamp, priority: Priority, _ release: CycleStep.Release = .time) {
        locations[id] = nil
        waiting.add(id, due: due, priority: priority, release)
    }

    /// Lets a message wait for its time; one without any needs an operator, and waits in the spool alone.
    func wait(_ message: SpooledMessage, until due: Timestamp?, _ release: CycleStep.Release = .time) {
        guard let due else { return forget(message.id) }
        schedule(message.id, due: due, priority: message.priority, release)
    }

    /// Returns a message to the head of its class as if its cycle had not begun.
    func putBack(_ job: DeliveryJob) {
        locations[job.id] = nil
        waiting.putBack(job.id, job: nil, priority: job.message.priority, isAhead: job.isAhead)
    }

    /// The message is gone, or waits for an operator alone.
    func forget(_ id: QueueID) { locations[id] = nil }

    /// Makes ready what is due.
    func release(until now: Timestamp) { waiting.release(until: now) }

    func releaseOneStranded() { waiting.releaseOneStranded() }

    /// An upstream works again that was suspect.
    func releaseStranded() { waiting.releaseStranded() }

    /// A circuit has closed, or an operator lets mail through: what is parked is looked at again too, since its recipients
    /// may have other routes by now.
    func releaseAll() {
        waiting.releaseAll()
        guard !isTrivial else { return }
        for index in routes.indices {
            for (entry, priority) in routes[index].takeAllParked() {
                waiting.add(entry.id, job: nil, priority: priority, isAhead: entry.isAhead)
            }
        }
    }

    // MARK: - Into the lines

    /// Messages of one route in memory; where there is one route only, all that there may be.
    private var lineSize: Int { isTrivial ? Self.windowSize : Self.windowSize / 4 }

    /// Moves what is ready into the lines.
    ///
    /// - Parameter place: called for each message in memory; it ends in ``place(_:)``.
    /// - Returns: messages to be read from the spool; ``loaded(_:)`` ends each.
    func fill(place: (DeliveryJob) -> Void) -> [QueueID] {
        var missing: [QueueID] = []
        if !isTrivial { takeParked(into: &missing) }
        while hasRoom(beside: missing.count), missing.count < Self.loadBatch, let entry = waiting.takeReady() {
            if let job = entry.job {
                job.isAhead = entry.isAhead
                place(job)
            } else {
                load(entry.id, isAhead: entry.isAhead, &missing)
            }
        }
        loadingCount += missing.count
        return missing
    }

    private func load(_ id: QueueID, isAhead: Bool, _ missing: inout [QueueID]) {
        missing.append(id)
        locations[id] = .loading
        if isAhead { loadingAhead.insert(id) }
    }

    /// A route that stands must not keep the others from being looked at: its messages are parked as they come.
    private func hasRoom(beside missing: Int) -> Bool {
        guard isTrivial else { return loadingCount + missing < Self.loadBatch }
        // Those that fail over take no room from the line.
        return inMemory - failingOver.count + loadingCount + missing < Self.windowSize
    }

    private func takeParked(into missing: inout [QueueID]) {
        for index in routes.indices where !routes[index].isBlocked || routes[index].window.isEmpty {
            var room = lineSize / 2 - routes[index].window.count - loadingCount
            while room > 0, missing.count < Self.loadBatch, let entry = routes[index].takeParked() {
                room -= 1
                load(entry.id, isAhead: entry.isAhead, &missing)
            }
        }
    }

    /// A message was read, or could not be.
    ///
    /// - Returns: whether its turn came before the time that is recorded for it.
    func loaded(_ id: QueueID) -> Bool {
        loadingCount -= 1
        locations[id] = nil
        return loadingAhead.remove(id) != nil
    }

    /// Puts a message at the end of its line.
    ///
    /// - Returns: false where it is parked, so that its attempt must not stay open.
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
        routes[job.route].park(job.id, priority: job.message.priority, isAhead: job.isAhead)
        return false
    }

    // MARK: - Out of the lines

    /// The first message of a line.
    func first(route: Int) -> DeliveryJob? { routes[route].window.first }

    /// The first message of a line has gone its way.
    func removeFirst(route: Int) { _ = routes[route].removeFirst() }

    func setBlocked(_ isBlocked: Bool, route: Int) { routes[route].isBlocked = isBlocked }

    /// Takes messages out of a line that go back to the queue.
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

    /// Lets a message wait in memory for an upstream that works and has no room or no turn for it now.
    ///
    /// - Returns: false where too many do.
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

    /// The relay stops: nothing begins any more.
    func removeAll() {
        for index in routes.indices { routes[index].removeAll() }
        pinned.removeAll()
        failingOver.removeAll()
    }

    // MARK: - Operators

    /// What became of the wish to take a message out.
    enum Taking: Hashable {
        /// The operator has it; ``giveBack(_:)`` ends that.
        ///
        /// - Parameter waited: whether the message had its place in the queue, which it gets back.
        case taken(waited: Bool)
        /// Something is under way for it that would not hear of a change.
        case underWay
        /// Another operator has it.
        case busy
    }

    /// Takes a message out, so that nothing begins for it while an order is carried out. One that stands in line and has not
    /// begun can be taken: what the spool has of it is all there is.
    func take(_ id: QueueID) -> Taking {
        switch location(of: id) {
        case nil: locations[id] = .withOperator
        case .ready where locations[id] == nil, .scheduled: return take(id, waiting.remove(id))
        case .parked: return take(id, routes.indices.contains { routes[$0].removeParked(id) })
        case .inLine:
            let taken = routes.indices.contains { index in
                !routes[index].removeAll { $0.id == id && $0.cycle.tried.isEmpty }.isEmpty
            }
            return take(id, taken)
        case .ready, .loading, .pinned, .failingOver, .withUpstream: return .underWay
        case .withOperator: return .busy
        }
        return .taken(waited: false)
    }

    private func take(_ id: QueueID, _ isTaken: Bool) -> Taking {
        guard isTaken else { return .underWay }
        locations[id] = .withOperator
        return .taken(waited: true)
    }

    /// The order has been carried out.
    func giveBack(_ id: QueueID) {
        if locations[id] == .withOperator { locations[id] = nil }
    }
}
