internal import DequeModule
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

        /// Whether it is known if it may stay.
        var isSettled: Bool { state != .greeting && (isRefused || hasTaken || load.started == 0) }
    }

    /// How often a refused session is tried again in a row while no other one is open; each time waits twice as long.
    private static var holdLimit: Int { 3 }
    private static var firstHold: Duration { .milliseconds(100) }
    /// How long the server may count a session that has ended.
    private static var lingering: Duration { .seconds(1) }
    /// Minimum interval for opening connections that nothing waits for.
    private static var preparationInterval: Duration { .seconds(1) }

    private var limits: Limits
    private var slots: [Slot] = []
    /// Sessions of former settings, or beyond a lower limit: each finishes what it has, and counts for nothing else.
    private var former: [Slot] = []
    /// Messages in order of arrival, but for those that come back.
    private(set) var pending: Deque<Job> = []
    /// How many of them, at the front, have come back from a session that ended, and want a new one.
    private var returned = 0
    /// How many messages the server takes in a session.
    private(set) var length = SessionLength()
    /// How many sessions it allows.
    private(set) var allowance: SessionLimit
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
    /// What has been learned and not been told.
    private var news = (length: false, sessions: false)
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
        self.allowance = SessionLimit(ceiling: limits.sessions)
    }

    // MARK: - Facts

    var sessions: [Session] { slots.map(\.session) + former.map(\.session) }

    /// Maximum sessions now.
    var sessionLimit: Int { max(1, Int((Double(allowance.value) * share).rounded(.up))) }

    /// Whether more messages may be queued: enough that no session ever waits for one.
    var wantsMore: Bool { pending.count < 2 * sessionLimit }

    /// Messages held by sessions.
    var inFlight: Int { former.reduce(slots.reduce(0) { $0 + $1.load.jobs }) { $0 + $1.load.jobs } }

    /// Whether all sessions are silent.
    var isStalled: Bool { !slots.isEmpty && slots.allSatisfy { $0.state == .silent } }

    /// Whether all are, and no further one may be opened.
    var isFull: Bool { slots.count + connecting >= allowance.value && isStalled }

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
    mutating func resize(to limits: Limits) -> [Session] {
        self.limits = limits
        allowance.replace(ceiling: limits.sessions)
        let excess = max(0, slots.count - limits.sessions)
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

    mutating func jobAdded(_ job: Job) { pending.append(job) }

    /// A message comes back from a session that has ended, or will; it goes first.
    ///
    /// - Parameter wantsNewSession: whether it goes in a session that has had no message, if one can be opened.
    mutating func jobReturned(_ job: Job, wantsNewSession: Bool) {
        pending.insert(job, at: wantsNewSession ? 0 : returned)
        if wantsNewSession { returned += 1 }
    }

    /// Removes the queued messages matching the condition, in order.
    mutating func removeJobs(where isMeant: (Job) -> Bool) -> [Job] {
        let removed = pending.filter(isMeant)
        returned -= pending.prefix(returned).count(where: isMeant)
        pending.removeAll(where: isMeant)
        return Array(removed)
    }

    // MARK: - Sessions

    mutating func connected(_ session: Session, isGreeted: Bool, _ load: Load) {
        connectionEnded()
        slots.append(Slot(session: session, state: isGreeted ? .open : .greeting, load: load))
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
    }

    /// A message has its result; a silence after its final dot has ended with it.
    ///
    /// - Parameter isTaken: whether the server has accepted it.
    mutating func jobFinished(_ session: Session, isTaken: Bool, _ load: Load, now: MonotonicInstant) {
        change(session, load, to: .open)
        guard isTaken else { return }
        if let slot = slot(of: session) { slots[slot].hasTaken = true }
        holds = 0
        lastTaken = now
        if length.lasted(load.started - load.jobs) { news.length = true }
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

    // MARK: - Habits

    /// The server has ended a working session, or has declared it used up.
    ///
    /// - Parameters:
    ///   - count: messages that had their result in it.
    ///   - idle: how long ago the last result was.
    mutating func sessionUsedUp(after count: Int, idle: Duration, now: MonotonicInstant) {
        if length.ended(after: count, idle: idle, now: now) { news.length = true }
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

    /// Sessions that the server has admitted, refused ones among them.
    private var greeted: Int { slots.count { $0.state != .greeting } }

    private mutating func goesOnWithFewer(besides others: Int, now: MonotonicInstant) -> Bool {
        let open = connecting + slots.count { !$0.isRefused }
        if others + checks + former.count > 0 { lastCompany = now }
        if !former.isEmpty { lastBesideFormer = now }
        // Nothing is learned from it, nor from others of the same burst.
        guard now - lastBesideFormer >= Self.lingering else { return waitForFormer(now: now) }
        guard open == 0 else {
            allowance.refused(open: open, now: now)
            news.sessions = true
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
    mutating func takeNews() -> UpstreamHabit? {
        if news.length {
            news.length = false
            return .messagesPerSession(length.limit)
        }
        guard news.sessions, connecting == 0, slots.allSatisfy(\.isSettled) else { return nil }
        news.sessions = false
        return allowance.learned.map { .sessions($0) }
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
    /// opened for each message left. Messages that want a new session wait for one while it can be opened.
    mutating func next(now: MonotonicInstant) -> Action {
        guard !pending.isEmpty else { return .none }
        allowance.grow(now: now)
        if returned > 0, let slot = newSlot() { return assign(0, to: slot) }
        if returned < pending.count, let slot = nextSlot(now) { return assign(returned, to: slot) }
        if needsConnection(now), mayConnect(now: now) { return connect(now: now) }
        if returned > 0, !isOpening, let slot = nextSlot(now) { return assign(0, to: slot) }
        return .none
    }

    private mutating func assign(_ place: Int, to slot: Int) -> Action {
        let job = pending.remove(at: place)
        if place < returned { returned -= 1 }
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

    private func nextSlot(_ now: MonotonicInstant) -> Int? {
        var second: Int?
        for slot in slots.indices where slots[slot].state == .open {
            let load = slots[slot].load
            guard load.hasRoom, !isUsedUp(load, now) else { continue }
            if load.jobs == 0 { return slot }
            second = second ?? slot
        }
        return second
    }

    /// Whether a session is on its way.
    private var isOpening: Bool { connecting > 0 || slots.contains { $0.state == .greeting } }

    private func needsConnection(_ now: MonotonicInstant) -> Bool {
        if let heldUntil, now < heldUntil { return false }
        let greeting = slots.count { $0.state == .greeting }
        let silent = slots.count { $0.state == .silent }
        return pending.count > connecting + greeting && slots.count - silent + connecting < sessionLimit
            && slots.count + connecting < allowance.value
    }
}
