internal import DequeModule
internal import Mail
internal import Upstreams

/// The sessions of one upstream, and the messages waiting for one of them: which session takes which message, and when
/// to connect.
///
/// A value without IO or a clock, independent of session and job types: events come in as method calls, and
/// ``next(now:)`` returns one action after another until there is none.
struct PoolStateMachine<Session: AnyObject, Job> {
    struct Limits: Equatable {
        /// Maximum sessions, including connections being established.
        var sessions: Int
        /// Maximum messages per session.
        var messages: Int
        /// Whether the best number of sessions, up to the maximum, is to be found.
        var isSearched = false
    }

    /// A session's own account of its load.
    struct Load: Equatable {
        /// Messages given to it and not yet settled.
        var jobs = 0
        /// Messages given to it so far.
        var started = 0
        /// Messages that its server accepts in one session (RFC 9422 section 4.1).
        var limit = Int.max
        /// Whether it can take another one now.
        var hasRoom = false
    }

    /// What its owner must do next.
    enum Action {
        /// Give the message to the session, then report ``sessionChanged(_:_:)``.
        case assign(Job, to: Session)
        /// Open a connection, then report ``connected(_:isGreeted:_:)`` or ``connectionFailed()``.
        case connect
        case none
    }

    private enum State {
        /// Connected, but the greeting is not complete: it is only known that the host listens. Becomes `open`.
        case greeting
        /// Accepts messages while it has room, until it has reached its limit. Becomes `silent`.
        case open
        /// Owes the reply to a final dot for longer than its patience: it is waited for, but nothing more is queued on
        /// it. Becomes `open` with that reply.
        case silent
    }

    private struct Slot {
        let session: Session
        var state: State
        var load: Load
        /// Whether the server has accepted a message in it.
        var hasTaken = false
        /// Whether the server has refused it for being one too many; then it holds no place there.
        var isRefused = false
        /// Whether the pool went on with fewer sessions when it was refused.
        var goesOn = true
        /// Since when it has been busy with the first of its messages.
        var busySince = MonotonicInstant.longAgo

        /// Whether it is known if it may stay.
        var isSettled: Bool { state != .greeting && (isRefused || hasTaken || load.started == 0) }
    }

    /// How often a refused session is tried again in a row while no other one is open; each time waits twice as long.
    private static var holdLimit: Int { 3 }
    private static var firstHold: Duration { .milliseconds(100) }
    /// How long the server may count a session that has ended.
    private static var lingering: Duration { .seconds(1) }
    /// How long sessions are kept for high messages after one has come.
    private static var reservation: Duration { .seconds(60) }
    /// Minimum interval for opening connections that nothing waits for.
    private static var preparationInterval: Duration { .seconds(1) }

    private var limits: Limits
    private var slots: [Slot] = []
    /// Sessions of former settings, or beyond a lower limit: each finishes what it has, and counts for nothing else.
    private var former: [Slot] = []
    /// Messages that have come back from a session that ended, and want a new one.
    private var returned: Deque<Job> = []
    /// The other messages that wait.
    private var waiting = ClassQueue<Job>()
    /// When a high message waited last.
    private var lastHigh = MonotonicInstant.longAgo
    /// How many messages the server takes in a session.
    private(set) var length = SessionLength()
    /// How many sessions there may be.
    private(set) var window: ConnectionWindow
    /// No connection is opened before, since the server has just refused the only session, or one beside former ones.
    private(set) var heldUntil: MonotonicInstant?
    private var holds = 0
    /// When a message was accepted last.
    private var lastTaken = MonotonicInstant.longAgo
    /// When a refused session last had another one of ours beside it, which the server counts.
    private var lastCompany = MonotonicInstant.longAgo
    /// When a session was last refused beside former ones, which the server counts until they have finished.
    private var lastBesideFormer = MonotonicInstant.longAgo
    /// Health checks with a session of their own.
    private(set) var checks = 0
    /// Whether something has been learned about the length of sessions and not been told.
    private var isLengthNews = false
    /// Connections being established.
    private(set) var connecting = 0
    /// Since when there has been at least one of them.
    private(set) var connectingSince: MonotonicInstant?
    private var lastPrepared = MonotonicInstant.longAgo
    /// No connection is opened before.
    private(set) var pausedUntil: MonotonicInstant?
    /// Share of its sessions that may exist now, 0 to 1: a recovering upstream must not face all of them at once.
    var share = 1.0

    init(_ limits: Limits) {
        self.limits = limits
        self.window = ConnectionWindow(most: limits.sessions, isSearched: limits.isSearched)
    }

    // MARK: - Facts

    var sessions: [Session] { slots.map(\.session) + former.map(\.session) }

    /// Maximum sessions now.
    var sessionLimit: Int { max(1, Int((Double(window.value) * share).rounded(.up))) }

    /// Messages that wait for a session: those that come back, then the others by class and age.
    var pending: [Job] { Array(returned) + waiting.all }
    var pendingCount: Int { returned.count + waiting.count }

    /// Whether more messages of a class may be queued: enough that no session ever waits for one. Each class has its own
    /// room, so that one that has much to send keeps no other from being here when its turn comes.
    func wantsMore(of priority: Priority) -> Bool {
        returned.count + waiting.count(of: priority) < 2 * sessionLimit
    }

    /// Messages held by sessions.
    var inFlight: Int { former.reduce(slots.reduce(0) { $0 + $1.load.jobs }) { $0 + $1.load.jobs } }

    /// Whether all sessions are silent.
    var isStalled: Bool { !slots.isEmpty && slots.allSatisfy { $0.state == .silent } }

    /// Whether all are, and no further one may be opened.
    var isFull: Bool { slots.count + connecting >= window.value && isStalled }

    /// Whether some session has shown that the upstream is reachable.
    var hasWorkingSession: Bool { slots.contains { $0.state != .greeting } }

    /// Whether a session has reached its limit of messages, our own or the server's.
    func isUsedUp(_ session: Session, now: MonotonicInstant) -> Bool {
        slot(of: session).map { isUsedUp(slots[$0].load, now) } ?? isFormer(session)
    }

    private func isUsedUp(_ load: Load, _ now: MonotonicInstant) -> Bool {
        load.started >= min(limits.messages, load.limit, length.limit(now: now))
    }

    private func slot(of session: Session) -> Int? {
        slots.firstIndex { $0.session === session }
    }

    private func isFormer(_ session: Session) -> Bool { former.contains { $0.session === session } }

    // MARK: - Settings

    /// Other limits apply at once.
    ///
    /// - Returns: the sessions beyond them, which get nothing more: idle ones first.
    mutating func resize(to limits: Limits, now: MonotonicInstant) -> [Session] {
        self.limits = limits
        window.replace(most: limits.sessions, isSearched: limits.isSearched, open: slots.count, now: now)
        return dismiss(beyond: window.isSearched ? window.value : limits.sessions)
    }

    /// Fewer sessions carry as much.
    ///
    /// - Returns: the sessions beyond them, which get nothing more: idle ones first.
    mutating func takeSurplus() -> [Session] {
        guard window.isSearched, slots.count > window.value else { return [] }
        let staying = slots.indices.filter { !slots[$0].isRefused }.sorted { slots[$0].load.jobs < slots[$1].load.jobs }
        return dismiss(Set(staying.prefix(max(0, staying.count - window.value))))
    }

    /// Another server has the address: how many sessions it takes is not known.
    mutating func restartSearch() { window.restart() }

    private mutating func dismiss(beyond number: Int) -> [Session] {
        let excess = max(0, slots.count - number)
        let leaving = slots.indices.sorted { slots[$0].load.jobs < slots[$1].load.jobs }.prefix(excess)
        return dismiss(Set(leaving))
    }

    /// Sessions are opened with other settings from now on.
    ///
    /// - Returns: all sessions so far, which get nothing more.
    mutating func renew() -> [Session] { dismiss(Set(slots.indices)) }

    private mutating func dismiss(_ leaving: Set<Int>) -> [Session] {
        let dismissed = slots.indices.filter(leaving.contains).map { slots[$0] }
        slots = slots.indices.filter { !leaving.contains($0) }.map { slots[$0] }
        former += dismissed
        return dismissed.map(\.session)
    }

    /// The connections being established have been given up.
    mutating func connectionsAbandoned() {
        connecting = 0
        connectingSince = nil
    }

    // MARK: - Messages

    mutating func jobAdded(_ job: Job, _ priority: Priority = .normal) { waiting.append(job, priority) }

    /// A message comes back from a session that has ended, or will; it goes first in its class.
    ///
    /// - Parameter wantsNewSession: whether it goes, before all others, in a session that has had no message, if one can be
    ///   opened.
    mutating func jobReturned(_ job: Job, _ priority: Priority = .normal, wantsNewSession: Bool) {
        if wantsNewSession { returned.prepend(job) } else { waiting.prepend(job, priority) }
    }

    /// Removes the queued messages matching the condition, in order.
    mutating func removeJobs(where isMeant: (Job) -> Bool) -> [Job] {
        let removed = Array(returned.filter(isMeant))
        returned.removeAll(where: isMeant)
        return removed + waiting.removeAll(where: isMeant)
    }

    /// Classes have other shares from now on.
    mutating func replace(_ weights: ClassWeights) { waiting.replace(weights) }

    // MARK: - Sessions

    mutating func connected(_ session: Session, isGreeted: Bool, _ load: Load) {
        connectionEnded()
        slots.append(Slot(session: session, state: isGreeted ? .open : .greeting, load: load))
        if isGreeted { window.opened(admitted) }
    }

    mutating func connectionFailed() { connectionEnded() }

    /// This machine is short of what a connection needs.
    mutating func pauseConnecting(until instant: MonotonicInstant) { pausedUntil = instant }

    private func mayConnect(now: MonotonicInstant) -> Bool { pausedUntil.map { $0 <= now } ?? true }

    private mutating func connectionEnded() {
        precondition(connecting > 0, "a connection ended that nobody had begun")
        connecting -= 1
        if connecting == 0 { connectingSince = nil }
    }

    /// The greeting, or a reset, is complete.
    mutating func sessionReady(_ session: Session, _ load: Load) {
        change(session, load, to: .open)
        window.opened(admitted)
    }

    /// A message has its result; a silence after its final dot has ended with it.
    ///
    /// - Parameter isTaken: whether the server has accepted it.
    mutating func jobFinished(_ session: Session, isTaken: Bool, _ load: Load, now: MonotonicInstant) {
        change(session, load, to: .open)
        guard isTaken else { return }
        if let slot = slot(of: session) {
            slots[slot].hasTaken = true
            slots[slot].busySince = now
            window.took(sessions: admitted, mailWaits: pendingCount > 0, isWhole: share >= 1, now: now)
        }
        holds = 0
        lastTaken = now
        if length.lasted(load.started - load.jobs) { isLengthNews = true }
    }

    /// A session was given something, lost something, or sent QUIT.
    mutating func sessionChanged(_ session: Session, _ load: Load) {
        change(session, load)
    }

    /// The patience for the reply to a final dot has run out.
    mutating func sessionSilent(_ session: Session, _ load: Load) {
        change(session, load, to: .silent)
    }

    mutating func sessionEnded(_ session: Session) {
        if let slot = slot(of: session) {
            slots.remove(at: slot)
        } else if isFormer(session) {
            former.removeAll { $0.session === session }
            if former.isEmpty { holds = 0 }
        }
    }

    /// A session has failed through the server's fault.
    mutating func sessionFailed(now: MonotonicInstant) { window.failed(now: now) }

    // MARK: - Habits

    /// The server has ended a working session, or has declared it used up.
    ///
    /// - Parameters:
    ///   - count: messages that had their result in it.
    ///   - idle: how long ago the last result was.
    mutating func sessionUsedUp(after count: Int, idle: Duration, now: MonotonicInstant) {
        if length.ended(after: count, idle: idle, now: now) { isLengthNews = true }
    }

    /// The server has refused a session for being one too many.
    ///
    /// - Returns: whether the pool goes on with fewer, so that its message can stay; false if the server allows none.
    mutating func sessionRefused(_ session: Session, now: MonotonicInstant) -> Bool {
        guard let slot = slot(of: session) else {
            return isFormer(session) || goesOnWithFewer(besides: greeted, now: now)
        }
        // Behind the first refusal come those of what was pipelined: they say nothing new.
        guard !slots[slot].isRefused else { return slots[slot].goesOn }
        slots[slot].isRefused = true
        let goesOn = goesOnWithFewer(besides: greeted - 1, now: now)
        slots[slot].goesOn = goesOn
        return goesOn
    }

    /// The server has refused a connection for being one too many, before it became a session.
    ///
    /// - Returns: as ``sessionRefused(_:now:)``.
    mutating func connectionRefused(now: MonotonicInstant) -> Bool {
        connectionFailed()
        return goesOnWithFewer(besides: greeted, now: now)
    }

    /// A health check has begun; the server counts its session.
    mutating func checkBegan() { checks += 1 }

    mutating func checkEnded(now: MonotonicInstant) {
        checks -= 1
        lastCompany = now
    }

    /// Whether the refusal of a connection may mean that the server has enough of them: one more than ever is tried, and
    /// the others work.
    var isRefusalOfMore: Bool { window.exceeds(admitted) && slots.contains { $0.hasTaken && !$0.isRefused } }

    /// Sessions that accept mail.
    private var admitted: Int { slots.count { $0.state != .greeting && !$0.isRefused } }

    /// Sessions that the server has admitted, refused ones among them.
    private var greeted: Int { slots.count { $0.state != .greeting } }

    private mutating func goesOnWithFewer(besides others: Int, now: MonotonicInstant) -> Bool {
        let open = connecting + slots.count { !$0.isRefused }
        if others + checks + former.count > 0 { lastCompany = now }
        if !former.isEmpty { lastBesideFormer = now }
        // Nothing is learned from it, nor from others of the same burst.
        guard now - lastBesideFormer >= Self.lingering else { return waitForFormer(now: now) }
        guard open == 0 else {
            window.refused(open: open, now: now)
            return true
        }
        // Refusals of the same burst say nothing new.
        if let heldUntil, now < heldUntil { return true }
        // The server may count sessions of ours that have just ended.
        guard holds < Self.holdLimit, now - max(lastTaken, lastCompany) < Self.lingering else { return false }
        hold(now: now)
        return true
    }

    /// Places at the server become free by themselves.
    private mutating func waitForFormer(now: MonotonicInstant) -> Bool {
        if heldUntil.map({ $0 <= now }) ?? true { hold(now: now) }
        return true
    }

    private mutating func hold(now: MonotonicInstant) {
        heldUntil = now + Self.firstHold * (1 << min(holds, Self.holdLimit - 1))
        holds += 1
    }

    /// What has been learned since the last call. A burst of refusals is told once, when it is over.
    mutating func takeNews(now: MonotonicInstant) -> UpstreamHabit? {
        if isLengthNews {
            isLengthNews = false
            return .messagesPerSession(length.limit)
        }
        switch window.takeFinding(isSettled: connecting == 0 && slots.allSatisfy(\.isSettled), now: now) {
        case .allowed(let number): return .sessions(number)
        case .useful(let number): return .usefulSessions(number)
        case nil: return nil
        }
    }

    private mutating func change(_ session: Session, _ load: Load, to state: State? = nil) {
        guard let slot = slot(of: session) else {
            if let place = former.firstIndex(where: { $0.session === session }) { former[place].load = load }
            return
        }
        slots[slot].load = load
        if let state { slots[slot].state = state }
    }

    // MARK: - Actions

    /// Queued messages go to idle sessions first, then after a message in a pipelined session; then one connection is
    /// opened for each message left. Classes take turns by their weights. Messages that want a new session wait for one
    /// while it can be opened.
    mutating func next(now: MonotonicInstant) -> Action {
        guard pendingCount > 0 else { return .none }
        window.grow(now: now)
        if !returned.isEmpty, let slot = newSlot() {
            return assign(returned.removeFirst(), to: slot, now)
        }
        if let (priority, slot) = nextTurn(now), let job = waiting.pop(priority) { return assign(job, to: slot, now) }
        if needsConnection(now), mayConnect(now: now) { return connect(now: now) }
        if !returned.isEmpty, !isOpening, let slot = nextSlot(for: nil, now) {
            return assign(returned.removeFirst(), to: slot, now)
        }
        return .none
    }

    private mutating func assign(_ job: Job, to slot: Int, _ now: MonotonicInstant) -> Action {
        if slots[slot].load.jobs == 0 { slots[slot].busySince = now }
        // It has no room until the session reports its load.
        slots[slot].load.hasRoom = false
        return .assign(job, to: slots[slot].session)
    }

    /// Half of another upstream's patience has passed: opens a connection in advance, if there is none.
    mutating func prepare(now: MonotonicInstant) -> Action {
        guard slots.isEmpty, connecting == 0, mayConnect(now: now), now - lastPrepared >= Self.preparationInterval
        else { return .none }
        lastPrepared = now
        return connect(now: now)
    }

    private mutating func connect(now: MonotonicInstant) -> Action {
        if connecting == 0 { connectingSince = now }
        heldUntil = nil
        connecting += 1
        pausedUntil = nil
        return .connect
    }

    /// A session that has had no message.
    private func newSlot() -> Int? {
        slots.firstIndex { $0.state == .open && $0.load.started == 0 && $0.load.hasRoom }
    }

    /// The class whose turn it is, and its session; another class if that one has to leave the sessions with room to it.
    private mutating func nextTurn(_ now: MonotonicInstant) -> (Priority, Int)? {
        guard let first = waiting.next else { return nil }
        if waiting.count(of: .high) > 0 { lastHigh = now }
        if let slot = nextSlot(for: first, now) { return (first, slot) }
        for priority in Priority.allCases where priority != first && waiting.count(of: priority) > 0 {
            if let slot = nextSlot(for: priority, now) { return (priority, slot) }
        }
        return nil
    }

    /// - Parameter priority: of the message; nil for one that comes back, and goes wherever there is room.
    private func nextSlot(for priority: Priority?, _ now: MonotonicInstant) -> Int? {
        let reserved = priority == .high || isHeldBack(priority, now) ? firstReserved : slots.count
        var second: Int?
        for slot in slots.indices where slots[slot].state == .open {
            let load = slots[slot].load
            guard load.hasRoom, !isUsedUp(load, now) else { continue }
            if load.jobs == 0 { return slot }
            if priority == .high {
                second = sooner(second, slot, reserved)
            } else if slot < reserved {
                second = second ?? slot
            }
        }
        return second
    }

    // MARK: - Reserved sessions

    /// Where a high message waits behind one message at most: in the last quarter of the sessions, bulk is not put behind
    /// another message, nor is normal mail while high mail comes. They are used as much as the others otherwise.
    private var firstReserved: Int {
        slots.count < 2 ? slots.count : slots.count - max(1, slots.count / 4)
    }

    private func isHeldBack(_ priority: Priority?, _ now: MonotonicInstant) -> Bool {
        switch priority {
        case .bulk: true
        case .normal: now - lastHigh < Self.reservation
        case .high, nil: false
        }
    }

    /// The one of two busy sessions that a high message goes to: a reserved one, which has been busy for longer.
    private func sooner(_ one: Int?, _ other: Int, _ reserved: Int) -> Int {
        guard let one, (one >= reserved) == (other >= reserved) else { return max(one ?? other, other) }
        return slots[other].busySince < slots[one].busySince ? other : one
    }

    /// Whether a session is on its way.
    private var isOpening: Bool { connecting > 0 || slots.contains { $0.state == .greeting } }

    private func needsConnection(_ now: MonotonicInstant) -> Bool {
        if let heldUntil, now < heldUntil { return false }
        let greeting = slots.count { $0.state == .greeting }
        let silent = slots.count { $0.state == .silent }
        return pendingCount > connecting + greeting && slots.count - silent + connecting < sessionLimit
            && slots.count + connecting < window.value
            && window.admits(beside: slots.count + connecting, unsettled: connecting + greeting)
    }
}
